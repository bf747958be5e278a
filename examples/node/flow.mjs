// A sale and its reversal from Node's standard library, at `paypos simulate`: node flow.mjs [URL]
const URL = process.argv[2] ?? "http://127.0.0.1:8650";
const DEALER = { Authorization: "Basic sck_simulator", PaynetMobile: "2" };

async function call(path, body, headers = {}) {
  const answer = await fetch(URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
    redirect: "error",
    signal: AbortSignal.timeout(20_000),
  });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const { session_key } = await call("/v1/agent/get_auth_key", { agent_id: "11111", user_id: "test" }, DEALER);
const session = { "Session-Key": session_key };

// Stands in for the person at the phone, and waits for the transaction.
async function finished({ payment_session_id, deeplink_url }, reverses) {
  console.log("open", deeplink_url);
  await call(`/_paypos/payments/${payment_session_id}/decide`, { decision: "approve" });
  for (let tries = 0; tries < 60; tries++) {
    const { Data } = await call("/v1/softpos/check_transaction", { payment_session_id }, session);
    const succeeded = Data.find((one) => one.is_succeed === true && one.xact_id !== reverses);
    if (succeeded) return succeeded.xact_id;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Error("not decided: check again before initiating another");
}

const sale = { amount: 149.9, reference_no: "ORDER-1042" };
const xact_id = await finished(await call("/v1/softpos/init_sale_transaction", sale, session));
await finished(await call("/v1/softpos/init_reversal_transaction", { xact_id }, session), xact_id);
await call("/v1/agent/logout", { session_key }, DEALER);
console.log("sold and reversed", xact_id);
