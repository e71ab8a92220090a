/** With `type: "file"` the import is a path, beside the source or inside the executable. */
declare module "altcha/i18n" {
  const path: string;
  export default path;
}
