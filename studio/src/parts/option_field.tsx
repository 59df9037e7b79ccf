import type { OptionFacts, WholeOption } from "../api/operations.ts";
import { Choices, Layers, type LayerValue, NumberField, TextField, Toggle } from "./fields.tsx";

interface OptionFieldProps {
  readonly option: WholeOption;
  /** What it is when it is not changed. */
  readonly usual: unknown;
  /** What it is changed to; undefined when it is not. */
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

/** A field of the form for an option, by its kind. */
export function OptionField({ option, usual, value, onChange }: OptionFieldProps) {
  const { kind, label, description: help } = option;
  switch (kind) {
    case "INTEGER":
    case "NUMBER":
      return <OptionNumber option={option} usual={usual} value={value} onChange={onChange} />;
    case "FLAG":
      return (
        <Toggle
          label={label}
          help={help}
          value={(value ?? usual) as boolean}
          onChange={(flag) => onChange(flag === usual ? undefined : flag)}
        />
      );
    case "CHOICE":
      return (
        <Choices
          label={label}
          help={help}
          value={(value ?? usual) as string}
          options={namedChoices(option)}
          onChange={(choice) => onChange(choice === usual ? undefined : choice)}
        />
      );
    case "LAYERS":
      return (
        <Layers
          label={label}
          help={help}
          layers={namedChoices(option.parts!.find(({ name }) => name === "layer")!)}
          value={(value ?? usual) as readonly LayerValue[]}
          onChange={onChange}
        />
      );
    case "SCALES":
      return (
        <TextField
          label={label}
          help={`${help} As ${asText(usual)}.`}
          value={value === undefined ? "" : asText(value)}
          onChange={(text) => onChange(text.trim() === "" ? undefined : asScales(text))}
        />
      );
    case "OPTIMIZER":
    case "INIT":
      return <GroupField option={option} usual={usual} value={value} onChange={onChange} />;
    case "SIZE":
      return <OneOfField option={option} usual={usual} value={value} onChange={onChange} />;
  }
}

type Group = Readonly<Record<string, unknown>>;
type Part = OptionFacts;

/** A number; left empty, it is as it usually is. */
function OptionNumber(
  { option, usual, value, onChange }: Omit<OptionFieldProps, "option"> & { readonly option: Part },
) {
  const { label, description, unit, minimum, maximum } = option;
  return (
    <NumberField
      label={label}
      help={description}
      unit={unit}
      preset={usual as number | null | undefined}
      value={value as number | undefined}
      min={minimum!}
      max={maximum!}
      onChange={onChange}
    />
  );
}

/** A group that has a kind, and numbers that some of its kinds have a use for. */
function GroupField({ option, usual, value, onChange }: OptionFieldProps) {
  const base = (usual ?? {}) as Group;
  const given = (value ?? {}) as Group;
  const kind = (given.kind ?? base.kind) as string;
  const kinds = option.parts!.find(({ name }) => name === "kind")!;
  const numbers = option.parts!.filter(({ name, onlyWith }) => name !== "kind" && (onlyWith ?? kind) === kind);
  const set = (name: string, number: unknown) => {
    const { [name]: _, ...rest } = { kind, ...given } as Group;
    const changed = number === undefined ? rest : { ...rest, [name]: number };
    onChange(Object.keys(changed).length === 1 && kind === base.kind ? undefined : changed);
  };
  // A picture to start from cannot be given here; one that a painting had is kept.
  const choices = namedChoices(kinds).filter(([name]) => name !== "IMAGE" || kind === "IMAGE");
  return (
    <div class="field group wide">
      <Choices
        label={option.label}
        help={option.description}
        value={kind}
        options={choices}
        onChange={(chosen) => onChange(chosen === base.kind ? undefined : { kind: chosen })}
      />
      {numbers.map((part) => (
        <OptionNumber
          key={part.name}
          option={part}
          usual={kind === base.kind || part.onlyWith ? base[part.name] : null}
          value={given[part.name]}
          onChange={(number) => set(part.name, number)}
        />
      ))}
    </div>
  );
}

/** One of several ways to say a thing, or none. */
function OneOfField({ option, value, onChange }: OptionFieldProps) {
  const [given] = Object.entries((value ?? {}) as Group);
  const part = option.parts!.find(({ name }) => name === given?.[0]);
  const ways = option.parts!.map(({ name, label }) => [name, label] as const);
  return (
    <div class="field group wide">
      <Choices
        label={option.label}
        help={option.description}
        value={part?.name ?? ""}
        options={[["", "—"], ...ways]}
        onChange={(name) => onChange(name === "" ? undefined : { [name]: initial(option, name) })}
      />
      {part && part.kind !== "FLAG" && (
        <OptionNumber
          option={part}
          usual={null}
          value={given![1]}
          onChange={(number) => onChange(number === undefined ? undefined : { [part.name]: number })}
        />
      )}
    </div>
  );
}

/** What a way to say it begins with: true, one, or for whole numbers, which are pixels, some hundreds. */
function initial({ parts }: WholeOption, name: string): unknown {
  const { kind, minimum, maximum } = parts!.find((one) => one.name === name)!;
  if (kind === "FLAG") return true;
  return Math.min(Math.max(kind === "INTEGER" ? 512 : 1, minimum!), maximum!);
}

function namedChoices({ choices, choiceLabels }: Part): readonly (readonly [string, string])[] {
  return choices!.map((choice, i) => [choice, choiceLabels![i]!]);
}

/** A schedule as 128:60, 256:40. */
function asText(scales: unknown): string {
  return (scales as readonly { readonly size: number; readonly steps: number }[] ?? [])
    .map(({ size, steps }) => `${size}:${steps}`).join(", ");
}

/** A schedule from its text; the server says what is wrong with it. */
function asScales(text: string): unknown {
  return text.split(",").map((scale) => {
    const [size, steps] = scale.split(":").map((part) => Math.trunc(Number(part)) || 0);
    return { size, steps: steps ?? 0 };
  });
}
