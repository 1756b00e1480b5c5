import { type KeyboardEvent, useState } from "react";
import type { RunId } from "../../base/brand";
import type { AppError, ChatMessage, LoadedModel, Prompt } from "../../protocol/types";
import { useIsReady, useSelectedModel, useStudio } from "../../state/hooks";
import { openRun } from "../../state/route";
import { errorOf } from "../../state/studio";
import { Button } from "../../widgets/button";
import { Notice } from "../../widgets/notice";
import { Segmented } from "../../widgets/segmented";
import { Toggle } from "../../widgets/toggle";
import { ChatEditor } from "./chat-editor";
import styles from "./composer.module.css";
import { RunControls } from "./run-controls";
import { hasProblem, kDefaultDraft, maxTokensOf, samplerChain, seedOf } from "./sampler-draft";
import { SamplerSettings } from "./sampler-settings";

type PromptKind = "text" | "chat";

const kFirstMessages: readonly ChatMessage[] = [{ role: "user", content: "" }];

/** The prompt, the sampler's settings, and the buttons that run them. */
export function Composer({ run }: { readonly run: RunId | undefined }) {
  const studio = useStudio();
  const isReady = useIsReady();
  const model = useSelectedModel();
  const [kind, setKind] = useState<PromptKind>("text");
  const [text, setText] = useState("Once upon a time");
  const [parsesSpecial, setParsesSpecial] = useState(false);
  const [messages, setMessages] = useState(kFirstMessages);
  const [draft, setDraft] = useState(kDefaultDraft);
  const [error, setError] = useState<AppError>();
  const canChat = model?.info?.capabilities?.chatTemplate === true;
  const usedKind = canChat ? kind : "text";
  const obstacle =
    obstacleTo(isReady, model) ?? (hasProblem(draft) ? "Correct the settings first." : undefined);

  const start = async (startPaused: boolean) => {
    if (model === undefined || obstacle !== undefined) return;
    setError(undefined);
    const prompt: Prompt =
      usedKind === "chat" ? { kind: "chat", messages } : { kind: "text", text, parseSpecial: parsesSpecial };
    try {
      openRun(
        await studio.startRun({
          model: model.model,
          prompt,
          sampler: samplerChain(draft),
          seed: seedOf(draft),
          nPredict: maxTokensOf(draft),
          startPaused,
        }),
      );
    } catch (reason) {
      setError(errorOf(reason));
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void start(false);
  };

  return (
    <section className={styles["composer"]} aria-label="Prompt" onKeyDown={onKeyDown}>
      <div className={styles["kinds"]}>
        {canChat && (
          <Segmented
            label="Kind of prompt"
            value={kind}
            onChange={setKind}
            options={[
              { value: "text", label: "Text" },
              { value: "chat", label: "Chat" },
            ]}
          />
        )}
        {usedKind === "text" && (
          <Toggle isOn={parsesSpecial} onChange={setParsesSpecial}>
            read control tokens in the text
          </Toggle>
        )}
      </div>
      {usedKind === "chat" ? (
        <ChatEditor messages={messages} onChange={setMessages} />
      ) : (
        <textarea
          className={styles["text"]}
          aria-label="Prompt text"
          value={text}
          rows={3}
          spellCheck={false}
          placeholder="The text that the model goes on with"
          onChange={(event) => setText(event.target.value)}
        />
      )}
      <SamplerSettings draft={draft} onChange={setDraft} />
      <RunControls run={run} obstacle={obstacle} onStart={start} onError={setError} />
      {error !== undefined && (
        <Notice tone="bad" title={error.message} hint={error.hint}>
          <Button onPress={() => setError(undefined)}>Dismiss</Button>
        </Notice>
      )}
    </section>
  );
}

/** Why no run can start now; undefined: one can. */
function obstacleTo(isReady: boolean, model: LoadedModel | undefined): string | undefined {
  if (!isReady) return "Waiting for the server.";
  if (model === undefined) return "Load a model first.";
  if (model.state === "loading") return "The model is being loaded.";
  if (model.state === "dead") return "The model’s engine died. Load it again.";
  if (model.info?.capabilities?.generate === false)
    return "This file holds a vocabulary only: it can’t generate.";
  return undefined;
}
