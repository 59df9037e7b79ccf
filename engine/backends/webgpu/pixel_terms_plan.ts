import type { PixelGoal } from "../../objective/pixel_term.ts";
import type { FeatureMap } from "./feature_map.ts";
import { colorPull, type Pulled } from "./kernels/color_pull.ts";
import { COLOR_SUMS, colorParts, colorSums } from "./kernels/color_sums.ts";
import { colorTransport, paletteNumbers, TRANSPORT } from "./kernels/color_transport.ts";
import { groupCount, partsOf } from "./kernels/elementwise.ts";
import { pictureLength } from "./kernels/enter.ts";
import { stayNear } from "./kernels/stay_near.ts";
import { PICTURE } from "./network_plan.ts";
import { Plan } from "./plan.ts";

/** Buffer: by term of the pixels its squares. */
export const PIXEL_SUMS = "pixel sums";
/** Buffer: by term of the pixels its weight times the constants of its gradient. */
export const PIXEL_FACTORS = "pixel factors";

/** Terms of the pixels as a plan, which adds their gradients to the network's, and what it is given before it runs. */
export interface PixelTermsPlan {
  readonly plan: Plan;
  readonly inputs: ReadonlyMap<string, Float32Array>;
  /** By term: what its squares are divided by, and what its weight is multiplied with. */
  readonly counts: readonly number[];
  readonly factors: readonly number[];
}

/** @param along The network's gradient, which is shared; so is the picture. */
export function planPixelTerms(along: FeatureMap, goals: readonly PixelGoal[]): PixelTermsPlan {
  const plan = new Plan();
  const picture = plan.shared(PICTURE, pictureLength(along));
  const shared = { ...along, buffer: plan.shared(along.buffer.name, along.buffer.length) };
  const factors = plan.buffer(PIXEL_FACTORS, goals.length);
  plan.buffer(PIXEL_SUMS, goals.length);
  const inputs = new Map<string, Float32Array>();
  const scales = goals.map((goal, term) => {
    const pulled = { factors, term, picture, along: shared };
    return goal.kind === "palette" ? addPalette(plan, pulled, goal, inputs) : addTemporal(plan, pulled, goal, inputs);
  });
  return { plan, inputs, counts: scales.map(({ count }) => count), factors: scales.map(({ factor }) => factor) };
}

/** What turns a sum into a mean, and a weight into the factor of the gradient. */
interface Scale {
  readonly count: number;
  readonly factor: number;
}

type Goal<Kind extends PixelGoal["kind"]> = Extract<PixelGoal, { readonly kind: Kind }>;

function addPalette(
  plan: Plan,
  pulled: Pulled,
  { target, weights: given }: Goal<"palette">,
  inputs: Map<string, Float32Array>,
): Scale {
  const pixels = pulled.along.width * pulled.along.height;
  const whole = given?.reduce((sum, weight) => sum + weight, 0) ?? pixels;
  const input = inputsOf(plan, pulled.term, inputs);
  const palette = input("palette", paletteNumbers(target, whole));
  const weights = given ? input("weights", given) : undefined;
  const [sums, transport] = [plan.buffer("colors", COLOR_SUMS), plan.buffer("transport", TRANSPORT)];
  plan.add(
    ...colorSums({ ...pulled, palette, weights }, pixels, plan.buffer("parts", colorParts(pixels)), sums),
    colorTransport(palette, sums, transport, {
      whole,
      totals: plan.buffer(PIXEL_SUMS, 1),
      place: pulled.term,
    }),
    colorPull(pulled, transport, weights),
  );
  return { count: 3, factor: 2 / (3 * (whole || 1)) };
}

function addTemporal(
  plan: Plan,
  pulled: Pulled,
  { wanted, visible }: Goal<"temporal">,
  inputs: Map<string, Float32Array>,
): Scale {
  const input = inputsOf(plan, pulled.term, inputs);
  const near = { wanted: input("wanted", wanted), visible: input("visible", visible) };
  const parts = plan.buffer("parts", groupCount(partsOf(visible.length)));
  plan.add(...stayNear(pulled, near, parts, { totals: plan.buffer(PIXEL_SUMS, 1), place: pulled.term }));
  return { count: wanted.length, factor: 2 / wanted.length };
}

/** Makes buffers of what a term is given. */
function inputsOf(plan: Plan, term: number, inputs: Map<string, Float32Array>) {
  return (name: string, values: Float32Array) => {
    const buffer = plan.buffer(`${name}.${term}`, values.length);
    inputs.set(buffer.name, values);
    return buffer;
  };
}
