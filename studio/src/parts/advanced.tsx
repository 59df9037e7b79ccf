import { LONGEST_SIDE } from "../media/take_in.ts";
import type { ColorMode, InitKind, OptimizerKind, Pooling } from "../api/operations.ts";
import { change, type Changes, changes, presetOptions, resetChanges, strength } from "../state/draft.ts";
import { Choices, Layers, NumberField, Toggle } from "./fields.tsx";

/** Every option that a preset decides, each with a sentence on what it does. */
export function Advanced() {
  const base = presetOptions.value;
  if (!base) return null;
  const now = changes.value;
  const size = Math.max(base.width, base.height);
  const changed = Object.keys(now).length + (strength.value !== 0 ? 1 : 0);
  const number = (key: NumericOption, label: string, preset: number, min: number, max: number, help: string) => (
    <NumberField
      label={label}
      help={help}
      preset={preset}
      value={now[key] ?? undefined}
      min={min}
      max={max}
      onChange={(value) => change(key, value)}
    />
  );
  const kind = now.optimizer?.kind ?? base.optimizer.kind;
  return (
    <details class="advanced">
      <summary>
        More options{changed > 0 && <span class="count">, {changed} changed</span>}
      </summary>
      <div class="options">
        {number(
          "size",
          "Size",
          size,
          32,
          LONGEST_SIDE,
          "Longest side of the result in pixels. Twice the size takes four times as long.",
        )}
        {number(
          "steps",
          "Steps",
          base.steps,
          1,
          10_000,
          "How often the picture is improved. More steps come closer to the style.",
        )}
        <Choices
          label="Colours"
          help="Keep the style's, keep the picture's own, or first match the style's to the picture's."
          value={now.color ?? base.color}
          options={[["STYLE", "The style's"], ["LUMINANCE", "The picture's"], ["MATCH", "Matched"]] as const}
          onChange={(value: ColorMode) => change("color", value === base.color ? undefined : value)}
        />
        {number(
          "styleScale",
          "Brush size",
          base.styleScale,
          0.1,
          4,
          "Size of the style's strokes in the result: 2 makes them twice as broad.",
        )}
        <Choices
          label="Begin with"
          help="The picture keeps its shapes; noise is free of them and needs more steps."
          value={now.init?.kind ?? base.init.kind}
          options={[["CONTENT", "The picture"], ["NOISE", "Noise"], ["STYLE", "The style"]] as const}
          onChange={(value: Exclude<InitKind, "IMAGE">) =>
            change("init", value === base.init.kind ? undefined : { kind: value })}
        />
        {number(
          "contentWeight",
          "Weight of the picture",
          base.contentWeight,
          0,
          1e12,
          "Higher keeps more of the picture.",
        )}
        {number(
          "styleWeight",
          "Weight of the style",
          base.styleWeight,
          0,
          1e12,
          "Higher takes more of the style; the slider above sets it too.",
        )}
        {number("tvWeight", "Smoothing", base.tvWeight, 0, 1e12, "Higher removes grain, and in the end detail.")}
        <Choices
          label="Optimiser"
          help="L-BFGS needs fewer steps; Adam is what the published article uses."
          value={kind}
          options={[["LBFGS", "L-BFGS"], ["ADAM", "Adam"]] as const}
          onChange={(value: OptimizerKind) =>
            change("optimizer", value === base.optimizer.kind ? undefined : { kind: value })}
        />
        <NumberField
          label="Learning rate"
          help="How far one step goes. Adam: in pixel values; L-BFGS: 1 is the natural step."
          preset={kind === base.optimizer.kind ? base.optimizer.learningRate : kind === "ADAM" ? 10 : 1}
          value={now.optimizer?.learningRate ?? undefined}
          min={1e-6}
          max={1000}
          onChange={(value) =>
            change(
              "optimizer",
              value === undefined
                ? (kind === base.optimizer.kind ? undefined : { kind })
                : { kind, learningRate: value },
            )}
        />
        <Choices
          label="Pooling"
          help="How the network shrinks the picture: average gives a smoother result."
          value={now.pooling ?? base.pooling}
          options={[["MAX", "Maximum"], ["AVERAGE", "Average"]] as const}
          onChange={(value: Pooling) => change("pooling", value === base.pooling ? undefined : value)}
        />
        {number(
          "whitening",
          "Rare traits",
          base.whitening,
          0,
          0.99,
          "Higher takes on what is rare in the style, too, and keeps less of the picture.",
        )}
        {number(
          "averaging",
          "Averaging",
          base.averaging,
          0,
          0.9999,
          "Shows a running mean of the steps: 0.9 calms noise.",
        )}
        {number(
          "frameEvery",
          "A frame every",
          base.frameEvery,
          1,
          10_000,
          "Steps between two pictures that you see, and that the film is made of.",
        )}
        {number(
          "seed",
          "Seed",
          base.seed,
          -(2 ** 31),
          2 ** 31 - 1,
          "The same seed gives the same picture again; left alone, one is drawn.",
        )}
        <Toggle
          label="Even gradients"
          help="Scales each layer's gradient to the same size, so that no layer outweighs the others."
          value={now.normalizeGradients ?? base.normalizeGradients}
          onChange={(value) => change("normalizeGradients", value === base.normalizeGradients ? undefined : value)}
        />
        <Toggle
          label="Keep every frame"
          help="Needed to look back through the frames and for the film; takes space on the server."
          value={now.keepFrames ?? true}
          onChange={(value) => change("keepFrames", value ? undefined : false)}
        />
        <Layers
          label="Layers that carry the style"
          help="Early layers carry colour and fine grain, later ones larger strokes and shapes."
          value={now.styleLayers ?? base.styleLayers}
          onChange={(value) => change("styleLayers", value)}
        />
        <Layers
          label="Layers that keep the picture"
          help="Early layers keep every detail, later ones only what is where."
          value={now.contentLayers ?? base.contentLayers}
          onChange={(value) => change("contentLayers", value)}
        />
      </div>
      <button type="button" class="quiet" disabled={changed === 0} onClick={resetChanges}>
        Back to the preset's values
      </button>
    </details>
  );
}

type NumericOption = {
  [Key in keyof Changes]-?: NonNullable<Changes[Key]> extends number ? Key : never;
}[keyof Changes];
