const elements = new Set(
  "html head meta title style link script noscript body main header nav footer section h1 h2 h3 p a ul ol li dl dt dd form label input textarea select option button div span fieldset legend code pre br strong small table thead tbody tr th td".split(
    " ",
  ),
);

/**
 * What a page holds that nobody here wrote: elements and handlers that came out of a text, addresses that run, and
 * any submitted markup as it was sent. Scripts are those of our own files alone.
 */
export function faultsOfPage(page: string, planted: readonly string[]): string[] {
  const faults: string[] = [];
  const rewriter = new HTMLRewriter().on("*", {
    element({ tagName, attributes }) {
      const given = new Map(attributes as Iterable<[string, string]>);
      if (!elements.has(tagName)) faults.push(`holds <${tagName}>`);
      if (tagName === "script" && !given.get("src")?.startsWith("/")) faults.push("holds a script");
      for (const [name, value] of given) {
        if (name.startsWith("on")) faults.push(`holds ${name}`);
        const leads = ["href", "src", "action", "formaction"].includes(name);
        if (leads && !/^(\/(?!\/)|#|https?:|mailto:|\.|data:,$)/.test(value))
          faults.push(`${name} is "${value}"`);
      }
    },
  });
  rewriter.transform(page);
  const raw = planted.filter((text) => /<[a-z!/]/i.test(text) && page.includes(text));
  return [...faults, ...raw.map((text) => `holds ${text.slice(0, 60)} unescaped`)];
}
