/** `deno task bench NAME [arguments]`: runs one of the benchmarks of this folder. Timings are figures, never tests. */
const [name, ...args] = Deno.args;
const names = [...Deno.readDirSync(new URL(".", import.meta.url))]
  .map((entry) => /^(.*)\.ts$/.exec(entry.name)?.[1])
  .filter((each): each is string =>
    each !== undefined &&
    !["main", "classic_plan", "classic_step", "inputs", "processor_time", "table", "gpu_engine", "watchers_server"]
      .includes(each)
  )
  .sort();
if (!name || !names.includes(name)) {
  console.error(`Cannot run benchmark "${name ?? ""}": wanted one of ${names.join(", ")}`);
  Deno.exit(1);
}
const command = new Deno.Command(Deno.execPath(), {
  args: ["run", "--allow-all", new URL(`${name}.ts`, import.meta.url).pathname, ...args],
});
Deno.exit((await command.spawn().status).code);
