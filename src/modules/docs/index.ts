export { openApiDocument } from "./openapi-document";
export { documentation } from "./routes";
