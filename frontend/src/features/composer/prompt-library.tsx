import { Fragment, useEffect, useState } from "react";
import type { Example, Prompt } from "../../protocol/types";
import { Button } from "../../widgets/button";
import { Icon } from "../../widgets/icon";
import { Popover } from "../../widgets/popover";
import styles from "./composer.module.css";
import { type PromptDraft, titleOf, withPrompt } from "./prompt-draft";

interface PromptLibraryProps {
  readonly examples: readonly Example[];
  readonly history: readonly Prompt[];
  readonly draft: PromptDraft;
  readonly onChange: (draft: PromptDraft) => void;
  readonly onClearHistory: () => void;
  readonly onTaken: () => void;
}

/** Prompts to take over: those that the model's file brings, and the last ones that were run. */
export function PromptLibrary(props: PromptLibraryProps) {
  const { examples, history, draft, onChange, onClearHistory, onTaken } = props;
  const [tried, setTried] = useState<Example>();
  const [nTaken, setTaken] = useState(0);
  const take = (prompt: Prompt, example: Example | undefined) => {
    onChange(withPrompt(draft, prompt));
    setTried(example);
    setTaken(nTaken + 1);
  };
  useEffect(() => {
    if (nTaken > 0) onTaken();
  }, [nTaken, onTaken]);
  return (
    // A list is closed by what is chosen in it.
    <Fragment key={nTaken}>
      {examples.length > 0 && (
        <List
          name="Try"
          title="Prompts that come with this model"
          items={examples.map((example) => ({
            title: example.title,
            words: example.note ?? titleOf(example.prompt),
            take: () => take(example.prompt, example),
          }))}
        />
      )}
      {history.length > 0 && (
        <List
          name="History"
          title="The last prompts that were run"
          items={history.map((prompt) => ({
            title: titleOf(prompt),
            words: kKindWords[prompt.kind],
            take: () => take(prompt, undefined),
          }))}
          onClear={onClearHistory}
        />
      )}
      {tried?.note !== undefined && tried.prompt.kind === draft.kind && (
        <p className={styles["note"]}>
          <b>{tried.title}.</b> {tried.note}
          <Button look="quiet" aria-label="Put the note away" onPress={() => setTried(undefined)}>
            <Icon name="close" />
          </Button>
        </p>
      )}
    </Fragment>
  );
}

const kKindWords: Readonly<Record<Prompt["kind"], string>> = {
  text: "text",
  chat: "chat",
  ids: "token ids",
};

interface ListProps {
  readonly name: string;
  readonly title: string;
  readonly items: readonly { readonly title: string; readonly words: string; readonly take: () => void }[];
  readonly onClear?: () => void;
}

function List({ name, title, items, onClear }: ListProps) {
  return (
    <Popover trigger={`${name} …`} label={title}>
      <div className={styles["library"]}>
        <p className={styles["words"]}>{title}</p>
        <ul>
          {items.map((item, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list does not change while it is open
            <li key={index}>
              <button type="button" className={styles["libraryItem"]} onClick={item.take}>
                <span>{item.title}</span>
                <small>{item.words}</small>
              </button>
            </li>
          ))}
        </ul>
        {onClear !== undefined && (
          <Button look="quiet" onPress={onClear}>
            Forget them all
          </Button>
        )}
      </div>
    </Popover>
  );
}
