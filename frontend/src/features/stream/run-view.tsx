import { useMemo, useRef, useState } from "react";
import type { StoreApi } from "zustand";
import { useStore } from "zustand";
import type { Position } from "../../base/brand";
import { useRunValue } from "../../state/hooks";
import type { Preferences } from "../../state/preferences";
import type { RunRecord } from "../../state/run-record";
import { useWhatIfMarks, type WhatIfMarks } from "../../state/what-if";
import { Button } from "../../widgets/button";
import { Notice } from "../../widgets/notice";
import { Segmented } from "../../widgets/segmented";
import { Toggle } from "../../widgets/toggle";
import { copyText } from "./copy-text";
import { FindBar } from "./find/find-bar";
import type { SearchWorker } from "./find/text-search";
import { Legend } from "./legend";
import { RunLine } from "./run-line";
import styles from "./run-view.module.css";
import { StreamAnnouncer } from "./stream-announcer";
import { nextSurprise } from "./surprise";
import { type StreamHandle, TokenStream } from "./token-stream";
import { useFindBar } from "./use-find-bar";
import { kMeasures, type StreamActions, useStreamCommands } from "./use-stream-commands";

interface RunViewProps {
  readonly record: RunRecord;
  readonly preferences: StoreApi<Preferences>;
  readonly selected: Position | undefined;
  readonly onSelect: (position: Position | undefined) => void;
  /** The person wants to see more of the selected token. */
  readonly onOpen: () => void;
  /** For tests: what searches the text. */
  readonly openSearchWorker?: (() => SearchWorker) | undefined;
}

/** One run: its text, how it is shown, and where it stands. */
export function RunView(props: RunViewProps) {
  const { record, preferences, selected, onSelect, onOpen } = props;
  const { measure, showSpaces, showBytes } = useStore(preferences);
  const whatIf = useMarks(record);
  const hasTokens = useRunValue(record, ({ length }) => length > 0);
  const streamRef = useRef<StreamHandle>(null);
  const visible = useMemo(() => ({ spaces: showSpaces, bytes: showBytes }), [showSpaces, showBytes]);
  const find = useFindBar({ record, selected, onSelect, openWorker: props.openSearchWorker });
  const [copied, copy] = useCopy();
  const actions = streamActions(props, streamRef, find, copy);
  useStreamCommands(actions, preferences);
  return (
    <section className={styles["view"]} aria-label={`Run ${record.run}`}>
      <div className={styles["bar"]}>
        <Segmented
          label="Measure that tints the tokens"
          value={measure}
          onChange={(value) => preferences.setState({ measure: value })}
          options={kMeasures}
        />
        <Toggle isOn={showSpaces} onChange={(value) => preferences.setState({ showSpaces: value })}>
          spaces
        </Toggle>
        <Toggle isOn={showBytes} onChange={(value) => preferences.setState({ showBytes: value })}>
          bytes
        </Toggle>
        <SurpriseButtons onStep={actions.surprise} />
        <Button look="quiet" onPress={find.open}>
          Find
        </Button>
        <Button look="quiet" onPress={actions.copyAnswer}>
          Copy answer
        </Button>
        <span role="status" className={styles["copied"]}>
          {copied}
        </span>
        <Legend record={record} measure={measure} />
      </div>
      {find.isOpen && (
        <FindBar
          query={find.query}
          onQuery={find.setQuery}
          state={find.state}
          current={find.current}
          onStep={find.step}
          onClose={() => {
            find.close();
            streamRef.current?.focus();
          }}
          nAsked={find.nAsked}
        />
      )}
      <Problems key={`problems of ${record.run}`} record={record} />
      <div className={styles["text"]}>
        {hasTokens ? (
          <TokenStream
            key={record.run}
            record={record}
            selected={selected}
            onSelect={onSelect}
            onOpen={onOpen}
            measure={measure}
            visible={visible}
            found={find.found}
            currentMatch={find.current}
            whatIf={whatIf}
            handle={streamRef}
          />
        ) : (
          <Waiting record={record} />
        )}
      </div>
      <RunLine record={record} />
      <StreamAnnouncer key={record.run} record={record} />
    </section>
  );
}

/** What another chain would have changed; the same object until it has grown. */
function useMarks(record: RunRecord): WhatIfMarks | undefined {
  const marks = useWhatIfMarks(record.run);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for what is in the outcome
  return useMemo(() => marks, [marks?.outcome, marks?.version]);
}

function streamActions(
  { record, selected, onSelect }: RunViewProps,
  stream: React.RefObject<StreamHandle | null>,
  find: ReturnType<typeof useFindBar>,
  copy: (text: string | undefined) => void,
): StreamActions {
  const { tokens } = record;
  const select = (index: number | undefined) => {
    if (index !== undefined && index >= 0 && index < record.length) onSelect(record.positionAt(index));
  };
  const from = selected === undefined ? undefined : record.indexOf(selected);
  return {
    surprise: (step) => select(nextSurprise(tokens, from ?? (step === 1 ? -1 : tokens.length), step)),
    token: (step) => select((from ?? (step === 1 ? record.length - 2 : record.length)) + step),
    ends: (end) => select(end === "first" ? 0 : record.length - 1),
    newest: () => stream.current?.followNewest(),
    find: find.open,
    findStep: find.step,
    copyMarked: () => copy(stream.current?.markedText()),
    copyAnswer: () => copy(tokens.text(record.nPrompt, tokens.length)),
    focus: () => stream.current?.focus(),
  };
}

const kCopiedForMs = 2500;

/** Copies, and says for a while how that went. */
function useCopy(): readonly [string, (text: string | undefined) => void] {
  const [words, setWords] = useState("");
  const copy = (text: string | undefined) => {
    if (text === undefined || text === "") {
      setWords("There is no text to copy.");
      return;
    }
    void copyText(text).then((isCopied) => {
      setWords(isCopied ? "Copied." : "The browser did not allow it.");
      setTimeout(() => setWords(""), kCopiedForMs);
    });
  };
  return [words, copy];
}

function SurpriseButtons({ onStep }: { readonly onStep: (step: 1 | -1) => void }) {
  return (
    <span className={styles["surprise"]}>
      <Button look="quiet" aria-label="Previous surprise" onPress={() => onStep(-1)}>
        <kbd>[</kbd>
      </Button>
      surprise
      <Button look="quiet" aria-label="Next surprise" onPress={() => onStep(1)}>
        <kbd>]</kbd>
      </Button>
    </span>
  );
}

function Problems({ record }: { readonly record: RunRecord }) {
  const failure = useRunValue(record, (run) => run.failure);
  const started = useRunValue(record, (run) => run.started);
  const phase = useRunValue(record, (run) => run.phase);
  const error = phase?.kind === "finished" ? phase.finished.error : undefined;
  const [isRead, setIsRead] = useState(false);
  const warnings = isRead ? [] : (started?.warnings ?? []);
  if (failure === undefined && error === undefined && warnings.length === 0) return null;
  return (
    <div className={styles["problems"]}>
      {failure !== undefined && <Notice tone="bad" title={failure.message} hint={failure.hint} />}
      {error !== undefined && <Notice tone="bad" title={error.message} hint={error.hint} />}
      {warnings.length > 0 && (
        <div role="note" className={styles["warnings"]}>
          <ul>
            {warnings.map(({ code, message }) => (
              <li key={code} title={message}>
                {message}
              </li>
            ))}
          </ul>
          <Button look="quiet" onPress={() => setIsRead(true)}>
            Hide
          </Button>
        </div>
      )}
    </div>
  );
}

function Waiting({ record }: { readonly record: RunRecord }) {
  const isStarted = useRunValue(record, (run) => run.started !== undefined);
  const isLive = useRunValue(record, (run) => run.isLive);
  if (!isLive) return <p className={styles["waiting"]}>This run has no tokens.</p>;
  return (
    <p className={styles["waiting"]}>
      {isStarted ? "The model is reading the prompt …" : "The run is waiting for its turn …"}
    </p>
  );
}
