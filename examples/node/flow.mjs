// A sale and its reversal from Node's standard library, at `paypos simulate`: node flow.mjs [URL]
const URL = process.argv[2] ?? "http://127.0.0.1:8650";
const DEALER = { Authorization: "Basic sck_simulator", PaynetMobile: "2" };

async function call(path, body, headers = {}) {
  const response = await fetch(URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
    redirect: "error",
    signal: AbortSignal.timeout(20_000),
  });
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

const { session_key } = await call("/v1/agent/get_auth_key", { agent_id: "11111", user_id: "test" }, DEALER);
const session = { "Session-Key": session_key };

// Stands in for the person at the phone, waits, and compares what was done with what was asked for.
async function finished({ payment_session_id, deeplink_url }, amount, { reference_no, xact_id }) {
  const isAsAsked = (one) =>
    one.amount === amount &&
    (xact_id !== undefined || (one.transaction_type ?? 1) === 1) &&
    ["", reference_no].includes((one.agent_reference ?? "").trim());
  console.log("open", deeplink_url);
  await call(`/_paypos/payments/${payment_session_id}/decide`, { decision: "approve" });
  for (let tries = 0; tries < 60; tries++) {
    const { Data } = await call("/v1/softpos/check_transaction", { payment_session_id }, session);
    const done = Data.filter((one) => one.is_succeed === true && one.xact_id !== xact_id);
    if (done.length === 1 && isAsAsked(done[0])) return done[0].xact_id;
    if (done.length > 0) throw new Error("not what was asked for: look it up in Paynet's panel");
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Error("not decided; check again before starting another");
}

const sale = { amount: 149.9, reference_no: "ORDER-1042" };
const xact_id = await finished(await call("/v1/softpos/init_sale_transaction", sale, session), 149.9, sale);
const reversal = { xact_id, reference_no: "ORDER-1042-R1" };
await finished(await call("/v1/softpos/init_reversal_transaction", reversal, session), 149.9, reversal);
await call("/v1/agent/logout", { session_key }, DEALER);
console.log("sold and reversed", xact_id);
