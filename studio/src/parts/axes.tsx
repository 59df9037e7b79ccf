import { useId } from "preact/hooks";
import {
  axes,
  type AxisDraft,
  changeAxis,
  MOST_AXES,
  readAxes,
  type Variable,
  variables,
  varyAt,
} from "../batch/draft.ts";

const ASKED = ["Also vary", "And vary"] as const;

/** What else the paintings differ in: nothing, or one or two options, each with the values that it takes in turn. */
export function Axes() {
  const now = axes.value;
  const asked = ASKED.slice(0, Math.min(now.length + 1, MOST_AXES));
  return (
    <fieldset class="axes">
      <legend class="unseen">What is varied</legend>
      {asked.map((label, i) => <Axis key={label} label={label} index={i} draft={now[i]} />)}
    </fieldset>
  );
}

interface AxisProps {
  readonly label: string;
  readonly index: number;
  readonly draft: AxisDraft | undefined;
}

function Axis({ label, index, draft }: AxisProps) {
  const id = useId();
  const elsewhere = axes.value.filter((_, i) => i !== index).map(({ option }) => option);
  const variable = variables.value.find(({ name }) => name === draft?.option);
  return (
    <div class="axis field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={draft?.option ?? ""}
        onChange={({ currentTarget }) => varyAt(index, currentTarget.value || null)}
      >
        <option value="">{index === 0 ? "nothing" : "nothing else"}</option>
        {variables.value.filter(({ name }) => !elsewhere.includes(name)).map(({ name, label }) => (
          <option key={name} value={name}>{label}</option>
        ))}
      </select>
      {draft && variable && <Values variable={variable} index={index} draft={draft} />}
    </div>
  );
}

interface ValuesProps {
  readonly variable: Variable;
  readonly index: number;
  readonly draft: AxisDraft;
}

/** The values of an option in turn: some of its choices, or a line of numbers. */
function Values({ variable: { label, help, choices }, index, draft }: ValuesProps) {
  const id = useId();
  const problem = readAxes.value[index]?.problem ?? null;
  const about = <p class={problem ? "help problem" : "help"} id={id}>{problem ?? help}</p>;
  if (choices === null) {
    return (
      <>
        <input
          type="text"
          inputMode="text"
          aria-label={`Values of ${label}`}
          aria-describedby={id}
          aria-invalid={problem !== null}
          value={draft.text}
          onInput={({ currentTarget }) => changeAxis(index, { text: currentTarget.value })}
        />
        {about}
      </>
    );
  }
  const toggle = (value: unknown) => {
    const isIn = (each: unknown) => draft.chosen.includes(each) !== (each === value);
    changeAxis(index, { chosen: choices.map(([each]) => each).filter(isIn) });
  };
  return (
    <>
      <div class="chips" role="group" aria-label={`Values of ${label}`} aria-describedby={id}>
        {choices.map(([value, text]) => (
          <label key={text}>
            <input type="checkbox" checked={draft.chosen.includes(value)} onChange={() => toggle(value)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
      {about}
    </>
  );
}
