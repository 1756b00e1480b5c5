import { useEffect, useMemo, useRef, useState } from "react";
import { formatBytes } from "../../base/format";
import { withVisibleControls } from "../../base/visible-text";
import type { ModelFile } from "../../protocol/types";
import { useIsReady, useStudio, useStudioState } from "../../state/hooks";
import { openOverlay } from "../../state/route";
import { Button } from "../../widgets/button";
import { Icon } from "../../widgets/icon";
import { SearchField } from "../../widgets/search-field";
import { type FileInfo, FileInfos, useFileInfo } from "./file-infos";
import styles from "./file-list.module.css";
import { isDemo, shortSummaryOf, summaryOf } from "./model-words";

/** Fewer files than this are found by eye. */
const kFilterFrom = 6;

/** The model files of the server's folders; a click loads one. */
export function FileList() {
  const studio = useStudio();
  const infos = useMemo(() => new FileInfos(studio), [studio]);
  const isReady = useIsReady();
  const files = useStudioState((state) => state.files);
  const folders = useStudioState((state) => state.folders);
  const [filter, setFilter] = useState("");
  if (files === undefined) {
    return (
      <p className={styles["hint"]}>
        {isReady ? "Looking for GGUF files …" : "Shown when the server is connected."}
      </p>
    );
  }
  if (files.length === 0) return <NoFiles folders={folders} />;
  const found = files.filter((file) => matches(file, infos.of(file), filter));
  return (
    <>
      {files.length >= kFilterFrom && (
        <SearchField label="Filter models" value={filter} onChange={setFilter} />
      )}
      <ul className={styles["files"]}>
        {found.map((file) => (
          <FileRow key={file.path} file={file} infos={infos} />
        ))}
      </ul>
      {found.length === 0 && <p className={styles["hint"]}>No model file matches “{filter}”.</p>}
      <p className={styles["folders"]}>
        {`${files.length} in ${folders.length === 0 ? "no folder" : listed(folders)}`}
      </p>
    </>
  );
}

function NoFiles({ folders }: { readonly folders: readonly string[] }) {
  return (
    <p className={styles["hint"]}>
      {folders.length === 0
        ? "No model folder is configured. Type the path of a GGUF file below, or start the server with --model-dir."
        : `No GGUF file in ${listed(folders)}. Put one there, or type the path of one below.`}
    </p>
  );
}

const listed = (folders: readonly string[]) => withVisibleControls(folders.join(", "));

/** The filter looks at the name and, where it is known, at what the file says of itself. */
function matches(file: ModelFile, known: FileInfo, filter: string): boolean {
  const about = known?.kind === "info" ? summaryOf(known.info, known.info.nCtxTrain) : "";
  const text = `${file.name} ${about}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

interface FileRowProps {
  readonly file: ModelFile;
  readonly infos: FileInfos;
}

function FileRow({ file, infos }: FileRowProps) {
  const studio = useStudio();
  const isReady = useIsReady();
  const ref = useRef<HTMLLIElement>(null);
  const isInSight = useIsInSight(ref);
  const known = useFileInfo(infos, file, isReady && isInSight);
  const isLoading = useStudioState((state) => state.loads.some((load) => load.path === file.path));
  const size = formatBytes(file.sizeBytes);
  return (
    <li ref={ref} className={styles["file"]}>
      <Button
        look="quiet"
        isDisabled={!isReady || isLoading}
        onPress={() => void studio.loadModel(file.path)}
        aria-label={`Load ${file.name}, ${size}${spoken(known)}`}
      >
        <span className={styles["name"]} title={withVisibleControls(file.path)}>
          {file.name}
          {isDemo(file.path) && <span className={styles["badge"]}>demo</span>}
        </span>
        <About known={known} size={size} path={file.path} />
      </Button>
      <Button
        look="quiet"
        aria-label={`Details of ${file.name}, and options to load it`}
        onPress={() => openOverlay({ kind: "model", path: file.path, tab: "overview" })}
      >
        <Icon name="more" />
      </Button>
    </li>
  );
}

interface AboutProps {
  readonly known: FileInfo;
  readonly size: string;
  readonly path: string;
}

function About({ known, size, path }: AboutProps) {
  if (known?.kind === "problem") {
    return (
      <span className={`${styles["about"]} ${styles["problem"]}`} title={known.error.message}>
        {size} · {known.error.message.replace(withVisibleControls(path), "The file")}
      </span>
    );
  }
  if (known === undefined) return <span className={styles["about"]}>{size} …</span>;
  return (
    <span className={styles["about"]} title={`${size} · ${summaryOf(known.info, known.info.nCtxTrain)}`}>
      {size} · {shortSummaryOf(known.info)}
    </span>
  );
}

function spoken(known: FileInfo): string {
  if (known === undefined) return "";
  if (known.kind === "problem") return `, can't be loaded: ${known.error.message}`;
  return `, ${summaryOf(known.info, known.info.nCtxTrain).replaceAll(" · ", ", ")}`;
}

/** Where the browser can't tell, everything is in sight. */
function useIsInSight(ref: React.RefObject<Element | null>): boolean {
  const [isInSight, setIsInSight] = useState(!("IntersectionObserver" in globalThis));
  useEffect(() => {
    if (ref.current === null || !("IntersectionObserver" in globalThis)) return undefined;
    const observer = new IntersectionObserver((entries) =>
      setIsInSight(entries.some(({ isIntersecting }) => isIntersecting)),
    );
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [ref]);
  return isInSight;
}
