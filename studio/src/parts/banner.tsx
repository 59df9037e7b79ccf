import { weights } from "../state/catalogue.ts";

/** Says what the built-in filters are, while they stand in for the trained ones. */
export function Banner() {
  const known = weights.value;
  if (!known || (known.origin !== "BUILTIN" && !known.note)) return null;
  return (
    <aside class="banner" aria-label="About the filters">
      <details>
        <summary>
          {known.origin === "BUILTIN"
            ? "Seen through built-in filters: good textures, but coarser than the trained VGG16"
            : `Seen through ${known.name}`}
        </summary>
        {known.note && <p>{known.note}</p>}
        {known.origin === "BUILTIN" && (
          <p>
            To get the trained ones, start the server where it can reach the internet once (it fetches 59 MB, then works
            offline), or give it a file: <code>WEIGHTS=/path/to/vgg16.h5 deno task start</code>{" "}
            reads .h5, .safetensors, .npz and .npy.
          </p>
        )}
      </details>
    </aside>
  );
}
