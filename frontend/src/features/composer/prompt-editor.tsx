import { lazy } from "react";
import type { LoadedModel, Prompt, Tokens } from "../../protocol/types";
import { Help } from "../../widgets/help";
import { Segmented } from "../../widgets/segmented";
import { Toggle } from "../../widgets/toggle";
import { ChatEditor } from "./chat-editor";
import styles from "./composer.module.css";
import { LazyPart } from "./lazy-part";
import type { PromptDraft, PromptKind } from "./prompt-draft";

const IdsEditor = lazy(async () => ({ default: (await import("./ids-editor")).IdsEditor }));
const TemplatePart = lazy(async () => ({ default: (await import("./template-part")).TemplatePart }));
const PromptLibrary = lazy(async () => ({ default: (await import("./prompt-library")).PromptLibrary }));

interface PromptEditorProps {
  readonly draft: PromptDraft;
  readonly onChange: (draft: PromptDraft) => void;
  readonly model: LoadedModel | undefined;
  readonly tokens: Tokens | undefined;
  readonly history: readonly Prompt[];
  readonly onClearHistory: () => void;
  /** A prompt was taken over from elsewhere. */
  readonly onTaken: () => void;
}

const kKinds: readonly { readonly value: PromptKind; readonly label: string }[] = [
  { value: "text", label: "Text" },
  { value: "chat", label: "Chat" },
  { value: "ids", label: "Token ids" },
];

/** The prompt as text, as messages, or as bare ids. */
export function PromptEditor(props: PromptEditorProps) {
  const { draft, onChange, model, tokens, history, onClearHistory, onTaken } = props;
  const change = (changes: Partial<PromptDraft>) => onChange({ ...draft, ...changes });
  const examples = model?.info?.examples ?? [];
  return (
    <>
      <div className={styles["kinds"]}>
        <Segmented
          label="Kind of prompt"
          value={draft.kind}
          onChange={(kind) => change({ kind })}
          options={kKinds}
        />
        {(examples.length > 0 || history.length > 0) && (
          <LazyPart name="prompts">
            <PromptLibrary
              examples={examples}
              history={history}
              draft={draft}
              onChange={onChange}
              onClearHistory={onClearHistory}
              onTaken={onTaken}
            />
          </LazyPart>
        )}
        <span className={styles["grow"]} />
        {draft.kind === "text" && <TextOptions draft={draft} change={change} model={model} />}
      </div>
      {draft.kind === "text" && (
        <textarea
          className={styles["text"]}
          aria-label="Prompt text"
          value={draft.text}
          rows={3}
          spellCheck={false}
          placeholder="The text that the model goes on with"
          onChange={(event) => change({ text: event.target.value })}
        />
      )}
      {draft.kind === "chat" && (
        <>
          <ChatEditor messages={draft.messages} onChange={(messages) => change({ messages })} />
          <LazyPart name="chat template">
            <TemplatePart
              own={draft.chatTemplate}
              ofModel={model?.info?.chatTemplate}
              rendered={tokens?.rendered}
              onChange={(chatTemplate) => change({ chatTemplate })}
            />
          </LazyPart>
        </>
      )}
      {draft.kind === "ids" && (
        <LazyPart name="editor of ids">
          <IdsEditor text={draft.ids} nVocab={model?.info?.nVocab} onChange={(ids) => change({ ids })} />
        </LazyPart>
      )}
    </>
  );
}

interface TextOptionsProps {
  readonly draft: PromptDraft;
  readonly change: (changes: Partial<PromptDraft>) => void;
  readonly model: LoadedModel | undefined;
}

function TextOptions({ draft, change, model }: TextOptionsProps) {
  const tokenizer = model?.info?.tokenizer;
  const addsBos = tokenizer?.addsBos === true;
  const setBos = (isOn: boolean) => change({ bos: isOn === addsBos ? "auto" : isOn ? "on" : "off" });
  return (
    <>
      {tokenizer?.bos !== undefined && (
        <span className={styles["bos"]}>
          <Toggle isOn={draft.bos === "auto" ? addsBos : draft.bos === "on"} onChange={setBos}>
            BOS
          </Toggle>
          {draft.bos !== "auto" && <span className={styles["words"]}>(the tokenizer says otherwise)</span>}
          <Help term="bos" />
        </span>
      )}
      <Toggle isOn={draft.parseSpecial} onChange={(parseSpecial) => change({ parseSpecial })}>
        control tokens in the text
      </Toggle>
    </>
  );
}
