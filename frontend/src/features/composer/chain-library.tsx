import { type ReactNode, useId, useState } from "react";
import { Button } from "../../widgets/button";
import { Field } from "../../widgets/field";
import { type ChainDraft, samplerOf } from "./chain-draft";
import styles from "./chain-editor.module.css";
import { type ChainPreset, kPresets } from "./chain-presets";
import { readChain, textOfChain } from "./chain-text";
import { Select } from "./select";

interface ChainLibraryProps {
  readonly chain: ChainDraft;
  readonly onChange: (chain: ChainDraft) => void;
  readonly presets: readonly ChainPreset[];
  readonly onAddPreset: (preset: ChainPreset) => void;
  readonly onRemovePreset: (name: string) => void;
}

type Part = "save" | "text";

/** Chains to start from, the person's own ones, and the chain as text. */
export function ChainLibrary(props: ChainLibraryProps) {
  const { chain, onChange, presets } = props;
  const [part, setPart] = useState<Part>();
  const [last, setLast] = useState("");
  const all = [...kPresets, ...presets];
  const toggle = (which: Part) => setPart(part === which ? undefined : which);
  const take = (name: string) => {
    const preset = all.find((one) => one.name === name);
    if (preset === undefined) return;
    onChange(preset.chain);
    setLast(name);
  };
  return (
    <div className={styles["library"]}>
      <div className={styles["libraryLine"]}>
        <Select
          label="Chain to start from"
          value=""
          options={[
            { value: "", label: "Start from a preset …" },
            ...all.map(({ name }) => ({ value: name, label: name })),
          ]}
          onChange={take}
        />
        <Button look="quiet" aria-expanded={part === "save"} onPress={() => toggle("save")}>
          Save as preset
        </Button>
        <Button look="quiet" aria-expanded={part === "text"} onPress={() => toggle("text")}>
          As text
        </Button>
        <span className={styles["help"]}>{all.find(({ name }) => name === last)?.help}</span>
      </div>
      {part === "save" && <SavePart {...props} />}
      {part === "text" && <TextPart chain={chain} onChange={onChange} />}
    </div>
  );
}

function SavePart({ chain, presets, onAddPreset, onRemovePreset }: ChainLibraryProps) {
  const [name, setName] = useState("");
  const trimmed = name.trim();
  const isTaken = kPresets.some((preset) => preset.name === trimmed);
  return (
    <form
      className={styles["libraryLine"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (trimmed === "" || isTaken) return;
        onAddPreset({ name: trimmed, help: "", chain });
        setName("");
      }}
    >
      <Field
        label="Name of the preset"
        value={name}
        onChange={setName}
        problem={isTaken ? "A preset of the studio has this name." : undefined}
      />
      <Button type="submit" isDisabled={trimmed === "" || isTaken}>
        Save
      </Button>
      {presets.map((preset) => (
        <Button key={preset.name} look="quiet" onPress={() => onRemovePreset(preset.name)}>
          Forget “{preset.name}”
        </Button>
      ))}
    </form>
  );
}

function TextPart({ chain, onChange }: Pick<ChainLibraryProps, "chain" | "onChange">) {
  const [text, setText] = useState(() => textOfChain(samplerOf(chain)));
  const [said, setSaid] = useState<ReactNode>();
  const id = useId();
  const take = () => {
    const reading = readChain(text);
    if (reading.kind === "chain") onChange(reading.chain);
    setSaid(reading.kind === "chain" ? "The chain is as the text says." : reading.words);
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied.");
    } catch {
      setSaid("The browser does not let the page copy: select the text and copy it.");
    }
  };
  return (
    <div className={styles["chainText"]}>
      <textarea
        aria-label="The chain as JSON"
        aria-describedby={id}
        rows={6}
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className={styles["libraryLine"]}>
        <Button onPress={() => void copy()}>Copy</Button>
        <Button onPress={take}>Take this text</Button>
        <span id={id} role="status" className={styles["help"]}>
          {said}
        </span>
      </div>
    </div>
  );
}
