import { useState } from "react";
import { formatBytes } from "../../base/format";
import { useIsReady, useStudio, useStudioState } from "../../state/hooks";
import { openOverlay } from "../../state/route";
import { Button } from "../../widgets/button";
import { Field } from "../../widgets/field";
import { Help } from "../../widgets/help";
import { Icon } from "../../widgets/icon";
import { Notice } from "../../widgets/notice";
import { Section } from "../../widgets/panel";
import { Progress } from "../../widgets/progress";
import { FileList } from "./file-list";
import { LoadedModelCard } from "./loaded-model-card";
import styles from "./model-panel.module.css";
import { fileName } from "./model-words";

/** The models: those in memory, those being read, those on disk. */
export function ModelPanel() {
  const studio = useStudio();
  const isReady = useIsReady();
  const loaded = useStudioState((state) => state.loaded);
  return (
    <>
      <Section title="Loaded models" aside={<TotalMemory />}>
        <ul className={styles["cards"]}>
          {loaded.map((model) => (
            <LoadedModelCard key={model.model} model={model} />
          ))}
        </ul>
        <StartingLoads />
        <NothingLoaded />
        <LoadError />
      </Section>
      <Section
        title="Models"
        aside={
          <Button
            look="quiet"
            aria-label="Look for model files again"
            isDisabled={!isReady}
            onPress={() => void studio.refreshModels()}
          >
            <Icon name="reload" />
          </Button>
        }
      >
        <FileList />
        <PathForm />
      </Section>
    </>
  );
}

/** What all engines together hold; worth a word only when there are several. */
function TotalMemory() {
  const loaded = useStudioState((state) => state.loaded);
  const sizes = loaded.flatMap(({ rssBytes }) => (rssBytes === undefined ? [] : [rssBytes]));
  if (sizes.length < 2) return null;
  return (
    <span className={styles["total"]}>
      {formatBytes(sizes.reduce((sum, size) => sum + size, 0))} <Help term="engineMemory" />
    </span>
  );
}

/** Loads that the server has not given a number yet. */
function StartingLoads() {
  const loads = useStudioState((state) => state.loads);
  const loaded = useStudioState((state) => state.loaded);
  const starting = loads.filter(
    (load) => !loaded.some((model) => model.path === load.path && model.state === "loading"),
  );
  return starting.map((load) => (
    <div key={load.path} className={styles["starting"]}>
      <p className={styles["name"]}>{fileName(load.path)}</p>
      <Progress label={load.progress?.stage ?? "starting the engine"} fraction={load.progress?.fraction} />
    </div>
  ));
}

function NothingLoaded() {
  const isEmpty = useStudioState((state) => state.loaded.length === 0 && state.loads.length === 0);
  const isReady = useIsReady();
  if (!isEmpty || !isReady) return null;
  return <p className={styles["hint"]}>None yet. Choose a file below to load it.</p>;
}

function LoadError() {
  const studio = useStudio();
  const failed = useStudioState((state) => state.loadError);
  if (failed === undefined) return null;
  return (
    <div className={styles["starting"]}>
      <Notice tone="bad" title={failed.error.message} hint={failed.error.hint}>
        {failed.error.code !== "NotFound" && failed.error.code !== "NotGguf" && (
          <Button onPress={() => openOverlay({ kind: "model", path: failed.path, tab: "load" })}>
            Load with options
          </Button>
        )}
        <Button onPress={() => studio.dismissLoadError()}>Dismiss</Button>
      </Notice>
    </div>
  );
}

function PathForm() {
  const studio = useStudio();
  const isReady = useIsReady();
  const [path, setPath] = useState("");
  const trimmed = path.trim();
  return (
    <form
      className={styles["path"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady && trimmed !== "") void studio.loadModel(trimmed);
      }}
    >
      <Field label="Or the path of a file" value={path} onChange={setPath} placeholder="/models/name.gguf" />
      <Button type="submit" isDisabled={!isReady || trimmed === ""}>
        Load
      </Button>
    </form>
  );
}
