import { type DragEvent, useState } from "react";
import type { ModelId } from "../../base/brand";
import { kGlossary } from "../../base/glossary";
import { stageName } from "../../protocol/words";
import { Button } from "../../widgets/button";
import { Notice } from "../../widgets/notice";
import {
  addStage,
  type ChainDraft,
  changeStage,
  chooseBy,
  followsRemoval,
  moveStage,
  removeStage,
  type StageDraft,
} from "./chain-draft";
import styles from "./chain-editor.module.css";
import { ChainLibrary } from "./chain-library";
import type { ChainPreset } from "./chain-presets";
import { Select } from "./select";
import { StageCard } from "./stage-card";
import { kChoosers, kFilters } from "./stage-catalog";
import type { SamplerCheck } from "./use-sampler-check";

interface ChainEditorProps {
  readonly chain: ChainDraft;
  readonly onChange: (chain: ChainDraft) => void;
  /** Undefined: not checked. */
  readonly check: SamplerCheck | undefined;
  readonly model: ModelId | undefined;
  readonly presets: readonly ChainPreset[];
  readonly onAddPreset: (preset: ChainPreset) => void;
  readonly onRemovePreset: (name: string) => void;
}

/** The stages in the order in which they act: dragged, or moved by Alt and the arrow keys. */
export function ChainEditor(props: ChainEditorProps) {
  const { chain, onChange, check, model } = props;
  const [announcement, setAnnouncement] = useState("");
  const { dragged, handlers } = useDragging(chain, onChange);

  const move = (stage: StageDraft, to: number) => {
    const place = Math.max(0, Math.min(chain.filters.length - 1, to));
    onChange(moveStage(chain, stage.key, place));
    setAnnouncement(`${stageName(stage.kind)} is stage ${place + 1} of ${chain.filters.length + 1}.`);
  };

  return (
    <div className={styles["editor"]}>
      <ChainLibrary {...props} />
      {check?.general.map((error) => (
        <Notice key={error.message} tone="warn" title={error.message} hint={error.hint} />
      ))}
      <ol className={styles["stages"]} aria-label="Stages of the sampler chain">
        {chain.filters.map((stage, index) => (
          <StageCard
            key={stage.key}
            stage={stage}
            place={index}
            nFilters={chain.filters.length}
            model={model}
            error={stage.isOn ? check?.byStage.get(stage.key) : undefined}
            followsRemoval={followsRemoval(chain, index)}
            isDragged={dragged === stage.key}
            drag={handlers(stage.key, index)}
            onChange={(changes) => onChange(changeStage(chain, stage.key, changes))}
            onMove={(to) => move(stage, to)}
            onRemove={() => {
              onChange(removeStage(chain, stage.key));
              setAnnouncement(`${stageName(stage.kind)} is removed.`);
            }}
          />
        ))}
        <StageCard
          stage={chain.chooser}
          place={chain.filters.length}
          nFilters={chain.filters.length}
          model={model}
          error={check?.byStage.get(chain.chooser.key)}
          onChange={(changes) => onChange(changeStage(chain, chain.chooser.key, changes))}
          chooser={
            <Select
              label="The stage that chooses"
              value={chain.chooser.kind}
              options={kChoosers.map((kind) => ({ value: kind, label: stageName(kind) }))}
              onChange={(kind) => {
                const chosen = kChoosers.find((one) => one === kind);
                if (chosen !== undefined) onChange(chooseBy(chain, chosen));
              }}
            />
          }
        />
      </ol>
      <AddStage
        onAdd={(kind) => {
          const added = addStage(chain, kind);
          const place = added.filters.findIndex((stage) => !chain.filters.includes(stage));
          onChange(added);
          setAnnouncement(`${stageName(kind)} is added as stage ${place + 1}.`);
        }}
      />
      <p role="status" className={styles["announcer"]}>
        {announcement}
      </p>
    </div>
  );
}

function AddStage({ onAdd }: { readonly onAdd: (kind: (typeof kFilters)[number]) => void }) {
  const [kind, setKind] = useState<(typeof kFilters)[number]>("penalties");
  return (
    <div className={styles["add"]}>
      <Select
        label="Stage to add"
        value={kind}
        options={kFilters.map((one) => ({ value: one, label: stageName(one) }))}
        onChange={setKind}
      />
      <Button onPress={() => onAdd(kind)}>Add</Button>
      <span className={styles["help"]}>{kGlossary[kind].text}</span>
    </div>
  );
}

export interface DragHandlers {
  readonly draggable: true;
  readonly onDragStart: (event: DragEvent) => void;
  readonly onDragOver: (event: DragEvent) => void;
  readonly onDrop: (event: DragEvent) => void;
  readonly onDragEnd: () => void;
}

/** The stages change places as one is dragged over the others; what is let go outside goes back. */
function useDragging(chain: ChainDraft, onChange: (chain: ChainDraft) => void) {
  const [drag, setDrag] = useState<{ readonly key: number; readonly before: ChainDraft }>();
  const handlers = (key: number, index: number): DragHandlers => ({
    draggable: true,
    onDragStart: (event) => {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      setDrag({ key, before: chain });
    },
    onDragOver: (event) => {
      if (drag === undefined) return;
      event.preventDefault();
      if (drag.key !== key) onChange(moveStage(chain, drag.key, index));
    },
    onDrop: (event) => {
      event.preventDefault();
      setDrag(undefined);
    },
    // Comes after a drop, too, when there is nothing left to undo.
    onDragEnd: () => {
      if (drag !== undefined) onChange(drag.before);
      setDrag(undefined);
    },
  });
  return { dragged: drag?.key, handlers };
}
