import { formatBytes, plural } from "../../base/format";
import type { LoadedModel } from "../../protocol/types";
import { useIsReady, useStudio, useStudioState } from "../../state/hooks";
import { openOverlay } from "../../state/route";
import { Button } from "../../widgets/button";
import { Notice } from "../../widgets/notice";
import { Progress } from "../../widgets/progress";
import styles from "./loaded-model-card.module.css";
import { isDemo, summaryOf } from "./model-words";

export function LoadedModelCard({ model }: { readonly model: LoadedModel }) {
  const studio = useStudio();
  const selected = useStudioState((state) => state.selectedModel);
  const isSelected = selected === model.model;
  return (
    <li className={isSelected ? `${styles["card"]} ${styles["selected"]}` : styles["card"]}>
      <button
        type="button"
        className={styles["choose"]}
        aria-pressed={isSelected}
        disabled={model.state !== "ready"}
        onClick={() => studio.selectModel(model.model)}
      >
        <span className={styles["name"]}>
          {model.name}
          {isDemo(model.path) && <span className={styles["badge"]}>demo</span>}
        </span>
        <span className={styles["state"]}>{stateWords(model)}</span>
      </button>
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
  const { info } = model;
  return (
    <div className={styles["body"]}>
      {info !== undefined && (
        <p className={styles["summary"]}>
          {unbrokenParts(summaryOf(info))}
          {model.rssBytes !== undefined && (
            <span title="memory of the engine process">
              {" "}
              · {unbrokenParts(`${formatBytes(model.rssBytes)} held`)}
            </span>
          )}
        </p>
      )}
      {info !== undefined && info.warnings.length > 0 && (
        <details className={styles["warnings"]}>
          <summary>{plural(info.warnings.length, "note")} on this model</summary>
          {info.warnings.map((warning) => (
            <p key={warning.code + warning.message} className={styles["warning"]}>
              {warning.message}
            </p>
          ))}
        </details>
      )}
      <div className={styles["actions"]}>
        <Button
          aria-label={`Details of ${model.name}`}
          onPress={() => openOverlay({ kind: "model", path: model.path, tab: "overview" })}
        >
          Details
        </Button>
        <Button
          isDisabled={!isReady}
          aria-label={`Unload ${model.name}`}
          onPress={() => void studio.unloadModel(model.model)}
        >
          Unload
        </Button>
      </div>
    </div>
  );
}

/** A line may end between two facts, not between a number and its unit. */
function unbrokenParts(summary: string): string {
  return summary
    .split(" · ")
    .map((part) => part.replaceAll(" ", "\u00a0"))
    .join(" · ");
}
