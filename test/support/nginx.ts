import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./executable";
import { temporaryFolder } from "./folder";
import { connectRaw } from "./raw-connection";
import { until } from "./until";

const program = Bun.which("nginx", { PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` });

/** False, with a printed reason, where it is not installed. */
export function hasNginx(): boolean {
  if (!program) console.error("skipped: no nginx is installed");
  return program !== null;
}

/** nginx on a free loopback port in front of another one, as the README sets it up, with one kept connection. */
export async function startNginx(target: number): Promise<{ port: number; stop(): Promise<void> }> {
  const folder = temporaryFolder();
  const port = freePort();
  mkdirSync(join(folder.path, "logs"));
  writeFileSync(join(folder.path, "nginx.conf"), configuration(folder.path, port, target));
  const child = Bun.spawn([program ?? "nginx", "-p", folder.path, "-c", "nginx.conf", "-e", "logs/error"], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  await until(async () => {
    const connection = await connectRaw(port).catch(() => undefined);
    connection?.close();
    return connection !== undefined;
  });
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
      folder[Symbol.dispose]();
    },
  };
}

const configuration = (folder: string, port: number, target: number) => `
daemon off;
master_process off;
pid ${folder}/pid;
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  upstream gatehouse {
    server 127.0.0.1:${target};
    keepalive 1;
    keepalive_timeout 5s;
  }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 2m;
    location / {
      proxy_pass http://gatehouse;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`;
