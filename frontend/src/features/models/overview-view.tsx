import { formatBytes, formatCount, formatParameters, kMissing } from "../../base/format";
import type { GlossaryTerm } from "../../base/glossary";
import { withVisibleControls } from "../../base/visible-text";
import type { ModelInfo } from "../../protocol/types";
import { useStudioState } from "../../state/hooks";
import { Help } from "../../widgets/help";
import { Notice } from "../../widgets/notice";
import styles from "./model-details.module.css";
import { capabilityWords } from "./model-words";

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly help?: GlossaryTerm;
}

/** The file in some numbers, and what the model can do, in sentences. */
export function OverviewView({ info, path }: { readonly info: ModelInfo; readonly path: string }) {
  const loaded = useStudioState((state) => state.loaded.find((model) => model.path === path));
  const facts = [...factsOf(info), ...(loaded?.info === undefined ? [] : loadedFacts(loaded.info))];
  if (loaded?.rssBytes !== undefined) {
    facts.push({ name: "memory of the engine", value: formatBytes(loaded.rssBytes), help: "engineMemory" });
  }
  return (
    <div className={`${styles["pad"]} ${styles["overview"]}`}>
      <p className={styles["path"]}>{withVisibleControls(path)}</p>
      {info.warnings.map(({ code, message }) => (
        <Notice key={code + message} tone="warn" title={message} />
      ))}
      <dl className={styles["facts"]}>
        {facts
          .filter(({ value }) => value !== "")
          .map(({ name, value, help }) => (
            <div key={name}>
              <dt>
                {name} {help !== undefined && <Help term={help} />}
              </dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {info.capabilities !== undefined && (
        <section>
          <h3 className={styles["heading"]}>
            What it can do <Help term="capabilities" />
          </h3>
          <ul className={styles["capabilities"]}>
            {capabilityWords(info.capabilities).map(({ title, isThere, text }) => (
              <li key={title} data-there={isThere}>
                <b>
                  <span aria-hidden="true">{isThere ? "✓" : "–"}</span> {title}
                  {!isThere && <span className={styles["no"]}>no</span>}
                </b>
                <span>{text}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function factsOf(info: ModelInfo): Fact[] {
  const facts: Fact[] = [
    { name: "name", value: info.name },
    { name: "architecture", value: info.architecture, help: "architecture" },
    { name: "quantisation", value: info.quantisation, help: "quantisation" },
    { name: "parameters", value: info.nParams > 0 ? formatParameters(info.nParams) : "", help: "parameters" },
    { name: "size of the file", value: formatBytes(info.fileBytes) },
    { name: "weights", value: formatBytes(info.sizeBytes), help: "weights" },
    { name: "trained context", value: count(info.nCtxTrain, "tokens"), help: "contextTrained" },
    { name: "layers × width", value: `${info.nLayers} × ${info.nEmbd}`, help: "layers" },
    { name: "heads (key-value)", value: `${info.nHeads} (${info.nKvHeads})`, help: "heads" },
    { name: "vocabulary", value: count(info.nVocab, "tokens"), help: "vocabulary" },
  ];
  if (info.nExperts > 0) {
    facts.push({ name: "experts", value: `${info.nExpertsUsed} of ${info.nExperts}`, help: "experts" });
  }
  return facts;
}

function loadedFacts(info: ModelInfo): Fact[] {
  const { options } = info;
  return [
    { name: "context in use", value: count(info.nCtx, "tokens"), help: "context" },
    { name: "on", value: info.devices.join(", ") },
    {
      name: "threads",
      value: options?.nThreads === undefined ? "" : String(options.nThreads),
      help: "threads",
    },
    { name: "cache", value: cacheWords(info), help: "kvCache" },
  ];
}

function cacheWords({ options }: ModelInfo): string {
  const types = [options?.cacheTypeK, options?.cacheTypeV].filter((type) => type !== undefined);
  return types.join(" / ");
}

const count = (value: number, unit: string) => (value > 0 ? `${formatCount(value)} ${unit}` : kMissing);
