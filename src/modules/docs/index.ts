export { documentation } from "./routes";
