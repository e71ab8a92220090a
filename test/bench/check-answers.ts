const valid = { name: "Ada Lovelace", email: "ada@example.com", message: "Please call me." };

type Expected = { body: object; status: number; answer?: object };

const contract: Expected[] = [
  { body: valid, status: 200, answer: { status: "ok", message: "Form received" } },
  { body: { ...valid, name: " " }, status: 400, answer: { error: "All fields are required" } },
  {
    body: { name: "Ada", email: "ada@example.com" },
    status: 400,
    answer: { error: "All fields are required" },
  },
  { body: { ...valid, email: "ada at example" }, status: 400 },
];

/**
 * Throws unless the server keeps the documented contract of `POST /api/contact`: it would be no match against one that
 * does less. Gives how many messages it stored meanwhile.
 */
export async function checkAnswers(url: string): Promise<number> {
  for (const { body, status, answer } of contract) {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const response = await fetch(url, init);
    const given = await response.json();
    if (response.status !== status || (answer && !Bun.deepEquals(given, answer))) {
      throw new Error(`${JSON.stringify(body)} gave ${response.status} ${JSON.stringify(given)}`);
    }
  }
  return contract.filter(({ status }) => status === 200).length;
}
