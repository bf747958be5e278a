// The flow by the client that @hey-api/openapi-ts generates: node flow.js URL
import {
  checkTransaction,
  getAuthKey,
  initReversalTransaction,
  initSaleTransaction,
  logout,
} from "./generated/index";
import { client } from "./generated/client.gen";

declare const process: { argv: string[]; exit(code: number): never };

const url = process.argv[2] ?? "";
// The first server of the document is Sandbox: without this line, it would be called.
client.setConfig({ baseUrl: url, auth: () => "Basic sck_simulator" });
const dealer = { PaynetMobile: "2" };

function present<T>(value: T | null | undefined, what: string): T {
  if (value === undefined || value === null) throw new Error(`${what} is missing`);
  return value;
}

async function approved(session: { "Session-Key": string }, id: string) {
  const decide = await fetch(`${url}/_paypos/payments/${id}/decide`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ decision: "approve" }),
  });
  if (!decide.ok) throw new Error(await decide.text());
  const { data } = await checkTransaction({
    body: { payment_session_id: id },
    headers: session,
    throwOnError: true,
  });
  return present(data.Data?.[0], "the transaction");
}

async function flow() {
  const opened = await getAuthKey({
    body: { agent_id: "1", user_id: "u" },
    headers: dealer,
    throwOnError: true,
  });
  const key = present(opened.data.session_key, "session_key");
  const headers = { "Session-Key": key };
  const sale = await initSaleTransaction({ body: { amount: 149.9 }, headers, throwOnError: true });
  const sold = await approved(headers, present(sale.data.payment_session_id, "payment_session_id"));
  if (sold.is_succeed !== true || sold.amount !== 149.9) throw new Error(JSON.stringify(sold));
  const body = { xact_id: present(sold.xact_id, "xact_id"), callback_url: null };
  const reversal = await initReversalTransaction({ body, headers, throwOnError: true });
  const reversed = await approved(headers, present(reversal.data.payment_session_id, "payment_session_id"));
  if (reversed.is_succeed !== true) throw new Error(JSON.stringify(reversed));
  const again = await initReversalTransaction({ body, headers });
  if (again.error?.code !== 9008) throw new Error(JSON.stringify(again.error));
  await logout({ body: { session_key: key }, headers: dealer, throwOnError: true });
  console.log("sold and reversed by @hey-api/openapi-ts");
}

flow().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
