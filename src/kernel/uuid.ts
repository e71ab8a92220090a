/** A UUID in its usual spelling (RFC 9562), as a pattern of JSON Schema: TypeBox knows no formats by itself. */
export const UUID = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$";
