import { useState } from "react";
import { formatCount } from "../../base/format";
import type { EngineOptions, FlashAttention } from "../../protocol/types";
import { useIsReady, useStudio, useStudioState } from "../../state/hooks";
import { Button } from "../../widgets/button";
import { ChoiceField } from "../../widgets/choice-field";
import { Field } from "../../widgets/field";
import { Help } from "../../widgets/help";
import { Notice } from "../../widgets/notice";
import { Toggle } from "../../widgets/toggle";
import {
  kCacheTypes,
  kNoOptions,
  kNumberOptions,
  numberProblem,
  type OptionsDraft,
  rpcProblem,
  toEngineOptions,
} from "./engine-options";
import { MemoryBar } from "./memory-bar";
import styles from "./model-details.module.css";
import { useInspection } from "./use-inspection";

interface LoadViewProps {
  readonly path: string;
  /** The load was asked for. */
  readonly onLoading: () => void;
}

/** The options of a load with what they cost, before it is begun. */
export function LoadView({ path, onLoading }: LoadViewProps) {
  const studio = useStudio();
  const isReady = useIsReady();
  const isLoading = useStudioState((state) => state.loads.some((load) => load.path === path));
  const [draft, setDraft] = useState(kNoOptions);
  const options = toEngineOptions(draft);
  const { info, error, isUnderWay } = useInspection(path, options, false);
  const memory = info?.memory;
  const doesNotFit = memory !== undefined && memory.totalBytes > memory.availableBytes;
  const load = () => {
    if (options === undefined) return;
    void studio.loadModel(path, options);
    onLoading();
  };
  return (
    <form
      className={`${styles["pad"]} ${styles["load"]}`}
      onSubmit={(event) => {
        event.preventDefault();
        load();
      }}
    >
      <Options draft={draft} onChange={setDraft} resolved={info?.options} nCtx={info?.nCtx} />
      <div className={styles["cost"]}>
        <h3 className={styles["heading"]}>
          Memory <Help term="memoryEstimate" />
        </h3>
        {memory !== undefined && <MemoryBar memory={memory} isStale={isUnderWay} />}
        {memory === undefined && error === undefined && (
          <p>{isUnderWay ? "Estimating …" : "No estimate is known for this file."}</p>
        )}
        {error !== undefined && <Notice tone="bad" title={error.message} hint={error.hint} />}
        {doesNotFit && (
          <>
            <Notice
              tone="warn"
              title="This will probably not fit."
              hint="A shorter context or smaller cache types take less."
            />
            <OptionToggle
              isOn={draft.ignoreMemory}
              onChange={(ignoreMemory) => setDraft({ ...draft, ignoreMemory })}
              label="Load even so"
              help="ignoreMemory"
            />
          </>
        )}
        <Button
          look="primary"
          type="submit"
          isDisabled={!isReady || isLoading || options === undefined || (doesNotFit && !draft.ignoreMemory)}
        >
          {isLoading ? "Loading …" : "Load"}
        </Button>
        {options === undefined && <p>Mend the marked options first.</p>}
      </div>
    </form>
  );
}

interface OptionsProps {
  readonly draft: OptionsDraft;
  readonly onChange: (draft: OptionsDraft) => void;
  /** What the server makes of it. */
  readonly resolved: EngineOptions | undefined;
  readonly nCtx: number | undefined;
}

function Options({ draft, onChange, resolved, nCtx }: OptionsProps) {
  const chosen = (name: (typeof kNumberOptions)[number]["name"]) =>
    name === "nCtx" ? (resolved?.nCtx ?? nCtx) : resolved?.[name];
  return (
    <div className={styles["options"]}>
      {kNumberOptions.map(({ name, label, help, least }) => (
        <Field
          key={name}
          label={label}
          help={help}
          value={draft.numbers[name]}
          onChange={(text) => onChange({ ...draft, numbers: { ...draft.numbers, [name]: text } })}
          placeholder={placeholder(chosen(name))}
          problem={numberProblem(draft.numbers[name], least)}
          isNumber
        />
      ))}
      <ChoiceField
        label="Flash attention"
        help="flashAttention"
        value={draft.flashAttention}
        options={kFlash}
        onChange={(flashAttention) => onChange({ ...draft, flashAttention })}
      />
      {(["cacheTypeK", "cacheTypeV"] as const).map((name) => (
        <ChoiceField
          key={name}
          label={name === "cacheTypeK" ? "Cache type of keys" : "Cache type of values"}
          help={name}
          value={draft[name]}
          options={[
            { value: "", label: resolved?.[name] === undefined ? "auto" : `auto: ${resolved[name]}` },
            ...kCacheTypes.map((type) => ({ value: type, label: type })),
          ]}
          onChange={(type) => onChange({ ...draft, [name]: type })}
        />
      ))}
      <div className={styles["whole"]}>
        <Field
          label="RPC servers"
          help="rpcServers"
          value={draft.rpcServers}
          onChange={(rpcServers) => onChange({ ...draft, rpcServers })}
          placeholder="none; host:port, host:port"
          problem={rpcProblem(draft.rpcServers)}
        />
      </div>
      <OptionToggle
        isOn={draft.useMmap}
        onChange={(useMmap) => onChange({ ...draft, useMmap })}
        label="Map the file"
        help="memoryMap"
      />
      <OptionToggle
        isOn={draft.useMlock}
        onChange={(useMlock) => onChange({ ...draft, useMlock })}
        label="Lock in memory"
        help="memoryLock"
      />
      <OptionToggle
        isOn={draft.checkTensors}
        onChange={(checkTensors) => onChange({ ...draft, checkTensors })}
        label="Check the weights"
        help="checkTensors"
      />
    </div>
  );
}

const kFlash: readonly { readonly value: FlashAttention; readonly label: string }[] = [
  { value: "auto", label: "auto" },
  { value: "on", label: "on" },
  { value: "off", label: "off" },
];

function placeholder(resolved: number | undefined): string {
  if (resolved === undefined) return "auto";
  return `auto: ${resolved < 0 ? "all" : formatCount(resolved)}`;
}

interface OptionToggleProps {
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly label: string;
  readonly help: "memoryMap" | "memoryLock" | "checkTensors" | "ignoreMemory";
}

function OptionToggle({ isOn, onChange, label, help }: OptionToggleProps) {
  return (
    <span className={styles["toggle"]}>
      <Toggle isOn={isOn} onChange={onChange}>
        {label}
      </Toggle>
      <Help term={help} />
    </span>
  );
}
