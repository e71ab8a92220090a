/** Files that Bun embeds: `type: "file"` gives a path, `type: "text"` the contents. */
declare module "*.wasm" {
  const path: string;
  export default path;
}
declare module "*.data" {
  const path: string;
  export default path;
}
declare module "*.bin" {
  const path: string;
  export default path;
}
declare module "*.sql" {
  const text: string;
  export default text;
}
