import { useState } from "react";
import { useStore } from "zustand";
import type { Position, RunId } from "../../../base/brand";
import { formatProbability } from "../../../base/format";
import { decodeWithEscapes } from "../../../base/utf8";
import { quoted } from "../../../base/visible-text";
import { watchKey } from "../../../connection/watched-columns";
import { readEscapes } from "../../../parts/escapes";
import { TokenPicker } from "../../../parts/token-picker";
import type { KeptWatch } from "../../../state/debug-settings";
import { useRunRecord, useSelectedModel, useStudio } from "../../../state/hooks";
import { usePacedRunVersion } from "../../../state/paced";
import type { RunRecord } from "../../../state/run-record";
import { Button } from "../../../widgets/button";
import { Field } from "../../../widgets/field";
import { Help } from "../../../widgets/help";
import { Icon } from "../../../widgets/icon";
import { Section } from "../../../widgets/panel";
import { Popover } from "../../../widgets/popover";
import styles from "./watch-panel.module.css";

interface WatchPanelProps {
  readonly run: RunId | undefined;
  readonly selected: Position | undefined;
}

/** The words and tokens that the person follows, with what the selected (or newest) step gave them. */
export function WatchPanel({ run, selected }: WatchPanelProps) {
  const { debugSettings } = useStudio();
  const watches = useStore(debugSettings.store, (state) => state.watches);
  const record = useRunRecord(run);
  return (
    <Section
      title="Watches"
      aside={
        <span className={styles["aside"]}>
          <Help term="watches" />
          <Popover label="New watch" triggerLabel="New watch" trigger={<Icon name="plus" />}>
            <NewWatch />
          </Popover>
        </span>
      }
    >
      {watches.length === 0 ? (
        <p className={styles["hint"]}>None. Follow the probability of a word at every step, chosen or not.</p>
      ) : (
        <ul className={styles["list"]} aria-label="Watches">
          {watches.map((watch) => (
            <li key={watch.id} className={styles["row"]}>
              <span>{nameOf(watch)}</span>
              {record !== undefined && <Value record={record} watch={watch} selected={selected} />}
              <Button
                look="quiet"
                aria-label={`Delete watch: ${nameOf(watch)}`}
                onPress={() => debugSettings.removeWatch(watch.id)}
              >
                <Icon name="close" />
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function nameOf({ word, ids = [], labels }: KeptWatch): string {
  if (word !== undefined) return quoted(word);
  return ids.map((id) => (labels[id] === undefined ? `token ${id}` : quoted(labels[id] ?? ""))).join(", ");
}

const kReadEveryMs = 200;

interface ValueProps {
  readonly record: RunRecord;
  readonly watch: KeptWatch;
  readonly selected: Position | undefined;
}

function Value({ record, watch, selected }: ValueProps) {
  usePacedRunVersion(record, kReadEveryMs);
  const { tokens } = record;
  const index = selected === undefined ? tokens.length - 1 : tokens.indexOf(selected);
  if (index === undefined || index < 0) return null;
  const key = watchKey(watch);
  const p = tokens.watchedProb(key, index);
  const rank = tokens.watchedRank(key, index);
  if (p === undefined) return <span className={styles["missing"]}>not recorded</span>;
  return (
    <span className={styles["value"]}>
      {formatProbability(p)}
      {rank !== undefined && <small> rank {rank}</small>}
    </span>
  );
}

function NewWatch() {
  const { debugSettings } = useStudio();
  const model = useSelectedModel();
  const [word, setWord] = useState("");
  const [told, setTold] = useState("");
  return (
    <div className={styles["new"]}>
      <form
        className={styles["word"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (word === "") return;
          debugSettings.keepWatch({ id: 0, word: readEscapes(word), labels: {} });
          setTold(`${quoted(word)} is followed.`);
          setWord("");
        }}
      >
        <Field label="A word" value={word} onChange={setWord} placeholder="its first token is followed" />
        <Button type="submit" isDisabled={word === ""}>
          Follow
        </Button>
      </form>
      <TokenPicker
        label="Or exactly one token"
        verb="Follow"
        model={model?.state === "ready" ? model.model : undefined}
        onPick={({ id, bytes }) => {
          const label = decodeWithEscapes(bytes);
          debugSettings.keepWatch({ id: 0, ids: [id], labels: { [id]: label } });
          setTold(`${quoted(label)} is followed.`);
        }}
      />
      <p role="status" className={styles["hint"]}>
        {told}
      </p>
    </div>
  );
}
