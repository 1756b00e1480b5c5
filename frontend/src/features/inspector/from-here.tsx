import { useState } from "react";
import { decodeWithEscapes } from "../../base/utf8";
import { quoted } from "../../base/visible-text";
import { readEscapes } from "../../parts/escapes";
import { TokenPicker } from "../../parts/token-picker";
import type { StepDetail } from "../../protocol/types";
import { useRunValue } from "../../state/hooks";
import { openView } from "../../state/route";
import type { RunRecord } from "../../state/run-record";
import type { Forking } from "../../state/use-fork";
import { Button } from "../../widgets/button";
import { Field } from "../../widgets/field";
import { Help } from "../../widgets/help";
import { Section } from "../../widgets/panel";
import { Popover } from "../../widgets/popover";
import styles from "./from-here.module.css";
import { useFromHereCommands } from "./use-from-here-commands";
import { useTokenMarks } from "./use-token-marks";

interface FromHereProps {
  readonly record: RunRecord;
  readonly detail: StepDetail;
  readonly fork: Forking;
}

/** Where a run could go from the selected token: branches, what could come, and what to watch for. */
export function FromHere({ record, detail, fork }: FromHereProps) {
  const { position } = detail;
  const isWaiting = useRunValue(record, ({ pending }) => pending?.position === position);
  const cannot = fork.obstacle !== undefined || position === 0;
  useFromHereCommands(record, detail, fork);
  return (
    <div className={styles["block"]}>
      <Section title="From here" aside={<Help term="fork" />}>
        <div className={styles["actions"]}>
          {!isWaiting && (
            <Button
              isDisabled={cannot}
              onPress={() => fork.start({ position, startPaused: true })}
              title="A branch that stands still before this token"
            >
              Stand here again
            </Button>
          )}
          <Popover label="Branch with something else" look="plain" trigger="Branch with …">
            <BranchForm record={record} detail={detail} fork={fork} isDisabled={cannot} />
          </Popover>
          <Button onPress={() => openView(record.run, position, "explore")}>Explore</Button>
          <Button onPress={() => openView(record.run, position, "tree")}>Probability tree</Button>
          <Popover label="Watch for it" look="plain" trigger="Watch for …">
            <MarkMenu detail={detail} />
          </Popover>
        </div>
        {fork.obstacle !== undefined && <p className={styles["hint"]}>{fork.obstacle}</p>}
        {position === 0 && fork.obstacle === undefined && (
          <p className={styles["hint"]}>Nothing comes before this token: branches begin behind it.</p>
        )}
      </Section>
    </div>
  );
}

interface BranchFormProps extends FromHereProps {
  readonly isDisabled: boolean;
}

function BranchForm({ record, detail: { position }, fork, isDisabled }: BranchFormProps) {
  const [text, setText] = useState("");
  const [seed, setSeed] = useState("");
  const seedNumber = /^\d{1,10}$/.test(seed.trim()) ? Number(seed) : undefined;
  const isSeed = seedNumber !== undefined && seedNumber <= 0xffffffff;
  return (
    <div className={styles["form"]}>
      <TokenPicker
        label="Another token here"
        verb="Branch with"
        model={record.started?.model}
        onPick={(token) => fork.start({ position, tokens: [token.id] })}
      />
      <form
        className={styles["row"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (text !== "" && !isDisabled) fork.start({ position, text: readEscapes(text) });
        }}
      >
        <Field
          label="A text here"
          value={text}
          placeholder="any length; \n is a line end"
          onChange={setText}
        />
        <Button type="submit" isDisabled={isDisabled || text === ""}>
          Branch with the text
        </Button>
      </form>
      <form
        className={styles["row"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (!isDisabled && (isSeed || seed === ""))
            fork.start({ position, seed: seedNumber ?? randomSeed() });
        }}
      >
        <Field
          label="Another seed from here"
          value={seed}
          placeholder="a random one"
          isNumber
          problem={seed === "" || isSeed ? undefined : "A whole number from 0 to 4294967295."}
          onChange={setSeed}
        />
        <Button type="submit" isDisabled={isDisabled || !(isSeed || seed === "")}>
          Branch with the seed
        </Button>
      </form>
    </div>
  );
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
}

function MarkMenu({ detail }: { readonly detail: StepDetail }) {
  const marks = useTokenMarks(detail);
  const token = quoted(decodeWithEscapes(detail.token.bytes));
  const [told, setTold] = useState("");
  const act = (action: () => void, words: string) => () => {
    action();
    setTold(words);
  };
  return (
    <div className={styles["menu"]}>
      <Button onPress={act(marks.stopAtToken, "Breakpoint added.")}>Stop at every {token}</Button>
      <Button onPress={act(marks.stopAtPosition, "Breakpoint added.")}>
        Stop at position {detail.position}
      </Button>
      {marks.stopAtSurprise !== undefined && (
        <Button onPress={act(marks.stopAtSurprise.add, "Breakpoint added.")}>
          {marks.stopAtSurprise.title}
        </Button>
      )}
      <Button onPress={act(marks.watchToken, "Watch added.")}>Follow the probability of {token}</Button>
      <p role="status" className={styles["hint"]}>
        {told}
      </p>
    </div>
  );
}
