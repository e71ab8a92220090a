/** The settings, checked at start. Read under the documented names of the environment. */
export type Config = {
  ENV: "production" | "development" | "test";
  HOST: string;
  PORT: number;
  PUBLIC_URL: string | undefined;
  DATA_DIR: string;
  DATABASE_URL: string | undefined;
  LOG_LEVEL: "debug" | "info" | "warn" | "error";
  SMTP_URL: string | undefined;
  MAIL_FROM: string | undefined;
  /** Addresses that hear of a message when its form names none. */
  NOTIFY_EMAIL: readonly string[];
  /** Shown on error pages. */
  FORMS_OWNER_ADDRESS: string | undefined;
  RATE_LIMIT: "on" | "off";
  CONTROL_SOCKET: string | undefined;
  METRICS_TOKEN: string | undefined;
  /** Both CORS variables joined: full origins, `https://*.example.com`, or empty (open mode for forms). */
  allowedOrigins: readonly string[];
  /** Addresses or CIDR ranges whose forwarding headers count; undefined = never said by the operator. */
  trustedProxies: readonly string[];
  production: boolean;
  /** 32 bytes or more; everything signed or sealed derives from it, one label per purpose (`kernel/crypto.ts`). */
  rootSecret: Uint8Array;
};
