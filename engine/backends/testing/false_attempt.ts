/**
 * Stands in for `try_engine.ts` where it misbehaves in a way that a real one cannot be made to, as its second argument says.
 *
 * @module
 */
const [, mischief] = Deno.args;
switch (mischief) {
  case "talks":
    console.log('{"a library": "is loaded"}');
    console.log('{"seconds":0.5,"device":"cuda"}');
    break;
  case "refuses":
    console.log('{"reason":"no GPU found"}');
    break;
  case "babbles":
    console.log("all is well");
    break;
  case "ends":
    Deno.exit(3);
    break;
  case "crashes": {
    // Reads address 1, as a broken library might.
    const read = new Deno.UnsafePointerView(Deno.UnsafePointer.create(1n)!);
    read.getUint8();
    break;
  }
  case "hangs":
    await new Promise(() => setInterval(() => {}, 1000));
}
