import { useState } from "react";
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading } from "react-aria-components";
import { formatBytes, formatCount, formatParameters } from "../../base/format";
import type { Capabilities, LoadedModel, ModelInfo } from "../../protocol/types";
import { useIsReady, useStudio, useStudioState } from "../../state/hooks";
import { Button } from "../../widgets/button";
import { Notice } from "../../widgets/notice";
import { Progress } from "../../widgets/progress";
import styles from "./loaded-model-card.module.css";

export function LoadedModelCard({ model }: { readonly model: LoadedModel }) {
  const studio = useStudio();
  const selected = useStudioState((state) => state.selectedModel);
  const isSelected = selected === model.model;
  return (
    <li className={isSelected ? `${styles["card"]} ${styles["selected"]}` : styles["card"]}>
      <AriaButton
        className={styles["choose"] ?? ""}
        aria-pressed={isSelected}
        isDisabled={model.state !== "ready"}
        onPress={() => studio.selectModel(model.model)}
      >
        <span className={styles["name"]}>{model.name}</span>
        <span className={styles["state"]}>{stateWords(model)}</span>
      </AriaButton>
      {model.state === "loading" && <Loading model={model} />}
      {model.state === "dead" && <Dead model={model} />}
      {model.state === "ready" && <Ready model={model} />}
    </li>
  );
}

function stateWords(model: LoadedModel): string {
  if (model.state === "loading") return "loading";
  if (model.state === "dead") return "died";
  if (model.info?.capabilities?.generate === false) return "vocabulary only";
  if (model.activeRun === undefined) return "ready";
  return model.nQueued > 0 ? `running · ${model.nQueued} waiting` : "running";
}

function Loading({ model }: { readonly model: LoadedModel }) {
  const studio = useStudio();
  const isReady = useIsReady();
  const progress = useStudioState((state) => state.progress.get(model.model));
  return (
    <div className={styles["body"]}>
      <Progress label={progress?.stage ?? "starting the engine"} fraction={progress?.fraction} />
      <div className={styles["actions"]}>
        <Button isDisabled={!isReady} onPress={() => void studio.cancelLoad(model.model)}>
          Cancel
        </Button>
      </div>
    </div>
  );
}

function Dead({ model }: { readonly model: LoadedModel }) {
  const studio = useStudio();
  const isReady = useIsReady();
  return (
    <div className={styles["body"]}>
      <Notice
        tone="bad"
        title={model.error?.message ?? "The engine process died; no reason was recorded."}
        hint={model.error?.hint}
      >
        <Button isDisabled={!isReady} onPress={() => void studio.reloadModel(model)}>
          Load again
        </Button>
        <Button isDisabled={!isReady} onPress={() => void studio.unloadModel(model.model)}>
          Remove
        </Button>
      </Notice>
    </div>
  );
}

function Ready({ model }: { readonly model: LoadedModel }) {
  const studio = useStudio();
  const isReady = useIsReady();
  const [isOpen, setIsOpen] = useState(false);
  const { info } = model;
  return (
    <div className={styles["body"]}>
      {info !== undefined && <p className={styles["summary"]}>{summaryOf(info)}</p>}
      {info?.warnings.map((warning) => (
        <Notice key={warning.code + warning.message} tone="warn" title={warning.message} />
      ))}
      <Disclosure isExpanded={isOpen} onExpandedChange={setIsOpen}>
        <div className={styles["actions"]}>
          <Heading className={styles["heading"] ?? ""} level={3}>
            <AriaButton slot="trigger" className={styles["link"] ?? ""}>
              {isOpen ? "Less" : "Details"}
            </AriaButton>
          </Heading>
          <span className={styles["memory"]} title="memory of the engine process">
            {model.rssBytes === undefined ? "" : formatBytes(model.rssBytes)}
          </span>
          <Button
            isDisabled={!isReady}
            aria-label={`Unload ${model.name}`}
            onPress={() => void studio.unloadModel(model.model)}
          >
            Unload
          </Button>
        </div>
        <DisclosurePanel>
          {isOpen && info !== undefined && <Details info={info} path={model.path} />}
        </DisclosurePanel>
      </Disclosure>
    </div>
  );
}

function summaryOf(info: ModelInfo): string {
  return [
    info.architecture,
    info.quantisation,
    `${formatParameters(info.nParams)} parameters`,
    `${formatCount(info.nCtx)} ctx`,
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

function Details({ info, path }: { readonly info: ModelInfo; readonly path: string }) {
  return (
    <dl className={styles["details"]}>
      {detailsOf(info, path).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function detailsOf(info: ModelInfo, path: string): [string, string][] {
  const rows: [string, string][] = [
    ["file", path],
    ["description", info.description],
    ["layers × width", `${info.nLayers} × ${info.nEmbd}`],
    ["heads (key-value)", `${info.nHeads} (${info.nKvHeads})`],
    [
      "vocabulary",
      `${formatCount(info.nVocab)} tokens${info.tokenizer === undefined ? "" : `, ${info.tokenizer}`}`,
    ],
    ["context", `${formatCount(info.nCtx)} of ${formatCount(info.nCtxTrain)} trained`],
    ["weights", formatBytes(info.sizeBytes)],
  ];
  if (info.nExperts > 0) rows.push(["experts", `${info.nExpertsUsed} of ${info.nExperts}`]);
  if (info.memory !== undefined) {
    const { totalBytes, availableBytes } = info.memory;
    rows.push([
      "memory needed",
      `${formatBytes(totalBytes)} (estimate; ${formatBytes(availableBytes)} were free)`,
    ]);
  }
  if (info.devices.length > 0) rows.push(["on", info.devices.join(", ")]);
  if (info.capabilities !== undefined)
    rows.push(["can", canWords(info.capabilities)], ["lacks", lackWords(info.capabilities)]);
  return rows.filter(([, value]) => value !== "");
}

const kCapabilityWords: readonly (readonly [keyof Capabilities, string])[] = [
  ["generate", "generate"],
  ["tokenize", "tokenize"],
  ["attention", "attention"],
  ["rollBack", "roll-back"],
  ["chatTemplate", "chat template"],
  ["bos", "BOS token"],
  ["eos", "EOS token"],
];

function canWords(capabilities: Capabilities): string {
  const kinds = [
    capabilities.recurrent ? "recurrent" : "",
    capabilities.hybrid ? "hybrid" : "",
    capabilities.mixtureOfExperts ? "mixture of experts" : "",
    capabilities.encoder ? "encoder" : "",
  ];
  const can = kCapabilityWords.filter(([name]) => capabilities[name]).map(([, words]) => words);
  return [...can, ...kinds.filter((kind) => kind !== "")].join(", ");
}

function lackWords(capabilities: Capabilities): string {
  return kCapabilityWords
    .filter(([name]) => !capabilities[name])
    .map(([, words]) => words)
    .join(", ");
}
