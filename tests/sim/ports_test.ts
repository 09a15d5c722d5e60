import assert from "node:assert/strict";
import { checkPorts } from "../../sim/ports.ts";

Deno.test("a free port and any port pass, a taken one is named with its service", () => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  free.close();
  checkPorts({ kafka: free.addr.port, s3: 0 });
  checkPorts({ kafka: free.addr.port });
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  assert.throws(
    () => checkPorts({ kafka: 0, mysql: port }),
    new RegExp(`port of mysql, ${port}, .*--port mysql=`),
  );
});
