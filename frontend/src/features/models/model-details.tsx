import { type KeyboardEvent, type ReactNode, useId } from "react";
import type { ModelInfo } from "../../protocol/types";
import { useIsReady, useStudioState } from "../../state/hooks";
import { kModelTabs, type ModelTab, openOverlay } from "../../state/route";
import { Dialog } from "../../widgets/dialog";
import { Notice } from "../../widgets/notice";
import { LoadView } from "./load-view";
import { MetadataView } from "./metadata-view";
import styles from "./model-details.module.css";
import { fileName, isDemo } from "./model-words";
import { OverviewView } from "./overview-view";
import { TemplateView } from "./template-view";
import { TensorView } from "./tensor-view";
import { TokenizerView } from "./tokenizer-view";
import { useInspection } from "./use-inspection";

interface ModelDetailsProps {
  readonly path: string;
  readonly tab: ModelTab;
  readonly onClose: () => void;
}

const kNames: Readonly<Record<ModelTab, string>> = {
  overview: "Overview",
  load: "Load with options",
  metadata: "Metadata",
  tensors: "Tensors",
  tokenizer: "Tokenizer",
  template: "Chat template",
};

const kDefaults = {};

/** Everything a model file says about itself, loaded or not, and the way to load it. */
export function ModelDetails({ path, tab, onClose }: ModelDetailsProps) {
  const id = useId();
  const isReady = useIsReady();
  const { info, error } = useInspection(path, kDefaults, true);
  const loaded = useStudioState((state) => state.loaded.find((model) => model.path === path));
  return (
    <Dialog
      title={`${fileName(path)}${isDemo(path) ? " (demo)" : ""}`}
      size="wide"
      onClose={onClose}
      aside={<span className={styles["state"]}>{loaded === undefined ? "not loaded" : loaded.state}</span>}
    >
      <div
        role="tablist"
        aria-label="Parts"
        className={styles["tabs"]}
        onKeyDown={(event) => moveTab(event, path, tab)}
      >
        {kModelTabs.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`${id}-tab-${each}`}
            aria-selected={each === tab}
            aria-controls={`${id}-panel`}
            tabIndex={each === tab ? 0 : -1}
            className={styles["tab"]}
            onClick={() => openOverlay({ kind: "model", path, tab: each })}
          >
            {kNames[each]}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={`${id}-tab-${tab}`}
        className={styles["panel"]}
      >
        {error !== undefined && (
          <div className={styles["pad"]}>
            <Notice tone="bad" title={error.message} hint={error.hint} />
          </div>
        )}
        {info === undefined && error === undefined && (
          <p className={styles["pad"]}>
            {isReady ? "Reading the file …" : "Shown when the server is connected."}
          </p>
        )}
        {info !== undefined && <Part tab={tab} info={info} path={path} onClose={onClose} />}
      </div>
    </Dialog>
  );
}

function moveTab(event: KeyboardEvent, path: string, tab: ModelTab): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const count = kModelTabs.length;
  const next = kModelTabs[(kModelTabs.indexOf(tab) + step + count) % count] ?? tab;
  openOverlay({ kind: "model", path, tab: next });
  event.currentTarget.querySelectorAll<HTMLElement>("[role=tab]")[kModelTabs.indexOf(next)]?.focus();
}

interface PartProps {
  readonly tab: ModelTab;
  readonly info: ModelInfo;
  readonly path: string;
  readonly onClose: () => void;
}

function Part({ tab, info, path, onClose }: PartProps): ReactNode {
  switch (tab) {
    case "overview":
      return <OverviewView info={info} path={path} />;
    case "load":
      return <LoadView path={path} onLoading={onClose} />;
    case "metadata":
      return <MetadataView entries={info.metadata} />;
    case "tensors":
      return <TensorView tensors={info.tensors} />;
    case "tokenizer":
      return <TokenizerView tokenizer={info.tokenizer} />;
    case "template":
      return <TemplateView template={info.chatTemplate} />;
  }
}
