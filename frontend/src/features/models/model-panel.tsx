import { useState } from "react";
import { Form } from "react-aria-components";
import { formatBytes } from "../../base/format";
import { useIsReady, useStudio, useStudioState } from "../../state/hooks";
import { Button } from "../../widgets/button";
import { Field } from "../../widgets/field";
import { Icon } from "../../widgets/icon";
import { Notice } from "../../widgets/notice";
import { Section } from "../../widgets/panel";
import { Progress } from "../../widgets/progress";
import { LoadedModelCard } from "./loaded-model-card";
import styles from "./model-panel.module.css";

/** The models: those in memory, those being read, those on disk. */
export function ModelPanel() {
  const studio = useStudio();
  const isReady = useIsReady();
  const loaded = useStudioState((state) => state.loaded);
  return (
    <>
      <Section title="Loaded models">
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
        title="Model files"
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
        <Button onPress={() => studio.dismissLoadError()}>Dismiss</Button>
      </Notice>
    </div>
  );
}

function FileList() {
  const studio = useStudio();
  const isReady = useIsReady();
  const files = useStudioState((state) => state.files);
  const folders = useStudioState((state) => state.folders);
  const loads = useStudioState((state) => state.loads);
  if (files === undefined) {
    return (
      <p className={styles["hint"]}>
        {isReady ? "Looking for GGUF files …" : "Shown when the server is connected."}
      </p>
    );
  }
  if (files.length === 0) {
    return (
      <p className={styles["hint"]}>
        {folders.length === 0
          ? "No model folder is configured. Type the path of a GGUF file below."
          : `No GGUF file in ${folders.join(", ")}. Type the path of one below.`}
      </p>
    );
  }
  return (
    <ul className={styles["files"]}>
      {files.map((file) => (
        <li key={file.path}>
          <Button
            look="quiet"
            isDisabled={!isReady || loads.some((load) => load.path === file.path)}
            onPress={() => void studio.loadModel(file.path)}
            aria-label={`Load ${file.name}, ${formatBytes(file.sizeBytes)}`}
          >
            <span className={styles["fileName"]}>{file.name}</span>
            <span className={styles["size"]}>{formatBytes(file.sizeBytes)}</span>
          </Button>
        </li>
      ))}
    </ul>
  );
}

function PathForm() {
  const studio = useStudio();
  const isReady = useIsReady();
  const [path, setPath] = useState("");
  const trimmed = path.trim();
  return (
    <Form
      className={styles["path"] ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (trimmed !== "") void studio.loadModel(trimmed);
      }}
    >
      <Field label="Or the path of a file" value={path} onChange={setPath} placeholder="/models/name.gguf" />
      <Button type="submit" isDisabled={!isReady || trimmed === ""}>
        Load
      </Button>
    </Form>
  );
}

function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
