import { useCallback, useMemo, useState } from "react";
import type { ModelId } from "../base/brand";
import { plural } from "../base/format";
import { decodeWithEscapes } from "../base/utf8";
import { withVisibleSpaces } from "../base/visible-text";
import type { Prompt, Token } from "../protocol/types";
import { useStudio } from "../state/hooks";
import { useLatestReply } from "../state/use-latest-reply";
import { Button } from "../widgets/button";
import { Field } from "../widgets/field";
import { readEscapes } from "./escapes";
import styles from "./token-picker.module.css";

const kDelayMs = 120;
const kMaxShown = 12;

interface TokenPickerProps {
  readonly label: string;
  /** What picking does, for the buttons: “Add ␣cat”. */
  readonly verb: string;
  readonly model: ModelId | undefined;
  readonly onPick: (token: Token) => void;
}

interface Question {
  readonly model: ModelId;
  readonly prompt: Prompt;
}

/** Finds a token by its text, as the tokenizer cuts it, or by # and its id. */
export function TokenPicker({ label, verb, model, onPick }: TokenPickerProps) {
  const studio = useStudio();
  const [text, setText] = useState("");
  const question = useMemo<Question | undefined>(() => {
    const prompt = promptFor(text);
    return model === undefined || prompt === undefined ? undefined : { model, prompt };
  }, [model, text]);
  const ask = useCallback((asked: Question) => studio.tokenize(asked.model, asked.prompt), [studio]);
  const replied = useLatestReply(question, kDelayMs, ask);
  const tokens = replied?.question === question ? (replied?.answer?.tokens ?? []) : [];
  const pick = (token: Token) => {
    setText("");
    onPick(token);
  };
  return (
    <form
      className={styles["picker"]}
      onSubmit={(event) => {
        event.preventDefault();
        const [only] = tokens;
        if (only !== undefined && tokens.length === 1) pick(only);
      }}
    >
      <Field
        label={label}
        value={text}
        placeholder="text, or # and an id"
        problem={replied?.question === question ? replied?.error?.message : undefined}
        onChange={setText}
      />
      {tokens.slice(0, kMaxShown).map((token, index) => (
        <Button
          // biome-ignore lint/suspicious/noArrayIndexKey: the same token may be there twice
          key={index}
          onPress={() => pick(token)}
        >
          {verb} <code>{withVisibleSpaces(decodeWithEscapes(token.bytes)) || "∅"}</code>
          <small>{token.id}</small>
        </Button>
      ))}
      {tokens.length > 1 && (
        <span className={styles["words"]}>The text is {plural(tokens.length, "token")}: choose one.</span>
      )}
      {model === undefined && <span className={styles["words"]}>Load a model to find tokens.</span>}
    </form>
  );
}

function promptFor(text: string): Prompt | undefined {
  if (text === "") return undefined;
  const id = /^#\s*(\d{1,9})$/.exec(text.trim())?.[1];
  if (id !== undefined) return { kind: "ids", ids: [Number(id)] };
  // Names of control tokens count: </s> can be banned, or put next.
  return { kind: "text", text: readEscapes(text), parseSpecial: true, addBos: false };
}
