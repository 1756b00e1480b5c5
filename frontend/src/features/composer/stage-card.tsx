import { type KeyboardEvent, type ReactNode, useState } from "react";
import type { ModelId } from "../../base/brand";
import { kGlossary } from "../../base/glossary";
import type { AppError } from "../../protocol/types";
import { stageName } from "../../protocol/words";
import { Button } from "../../widgets/button";
import { Field } from "../../widgets/field";
import { Icon } from "../../widgets/icon";
import { Toggle } from "../../widgets/toggle";
import { BiasEditor } from "./bias-editor";
import type { StageDraft } from "./chain-draft";
import type { DragHandlers } from "./chain-editor";
import styles from "./chain-editor.module.css";
import { GrammarEditor } from "./grammar-editor";
import { problemIn } from "./number-field";
import { parameterHelp } from "./parameter-help";
import { kParameters } from "./stage-catalog";

interface StageCardProps {
  readonly stage: StageDraft;
  readonly place: number;
  readonly nFilters: number;
  readonly model: ModelId | undefined;
  readonly error: AppError | undefined;
  readonly onChange: (changes: Partial<StageDraft>) => void;
  /** Whether stages before it may have removed what it would need. */
  readonly followsRemoval?: boolean;
  readonly isDragged?: boolean;
  readonly drag?: DragHandlers;
  readonly onMove?: (to: number) => void;
  readonly onRemove?: () => void;
  /** For the last stage, which can't be moved: which one it is. */
  readonly chooser?: ReactNode;
}

/** One stage: whether it is on, its place, its parameters, and what is wrong with it. */
export function StageCard(props: StageCardProps) {
  const { stage, place, error, onChange, onMove, drag, isDragged, chooser } = props;
  const name = stageName(stage.kind);
  const [showsHelp, setShowsHelp] = useState(false);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!event.altKey || onMove === undefined) return;
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    onMove(place + (event.key === "ArrowUp" ? -1 : 1));
  };
  return (
    <li
      className={styles["card"]}
      data-off={!stage.isOn}
      data-dragged={isDragged === true}
      data-wrong={error !== undefined}
      onKeyDown={onKeyDown}
      onDragOver={drag?.onDragOver}
      onDrop={drag?.onDrop}
    >
      <div className={styles["line"]}>
        <span className={styles["place"]}>{place + 1}</span>
        {drag !== undefined && (
          <span
            className={styles["handle"]}
            aria-hidden="true"
            title="Drag to another place"
            draggable
            onDragStart={drag.onDragStart}
            onDragEnd={drag.onDragEnd}
          >
            ⠿
          </span>
        )}
        {chooser ?? (
          <Toggle isOn={stage.isOn} onChange={(isOn) => onChange({ isOn })}>
            <b className={styles["name"]}>{name}</b>
          </Toggle>
        )}
        <Fields stage={stage} onChange={onChange} />
        <StageButtons {...props} name={name} showsHelp={showsHelp} onHelp={setShowsHelp} />
      </div>
      {showsHelp && <StageHelp stage={stage} isLast={chooser !== undefined} />}
      <Extras {...props} />
      {error !== undefined && stage.kind !== "grammar" && (
        <p className={styles["fault"]} role="alert">
          {error.message} {error.hint}
        </p>
      )}
    </li>
  );
}

function Fields({ stage, onChange }: Pick<StageCardProps, "stage" | "onChange">) {
  return (
    <span className={styles["fields"]}>
      {kParameters[stage.kind].map((parameter) => (
        <Field
          key={parameter.name}
          label={parameter.label}
          value={stage.fields[parameter.name] ?? ""}
          placeholder={parameter.otherwise}
          problem={problemIn(stage.fields[parameter.name], parameter)}
          isNumber
          onChange={(value) => onChange({ fields: { ...stage.fields, [parameter.name]: value } })}
        />
      ))}
    </span>
  );
}

interface StageButtonsProps extends StageCardProps {
  readonly name: string;
  readonly showsHelp: boolean;
  readonly onHelp: (shows: boolean) => void;
}

function StageButtons(props: StageButtonsProps) {
  const { name, place, nFilters, onMove, onRemove, showsHelp, onHelp } = props;
  return (
    <span className={styles["buttons"]}>
      <Button
        look="quiet"
        aria-label={`Explain ${name}`}
        aria-expanded={showsHelp}
        onPress={() => onHelp(!showsHelp)}
      >
        ?
      </Button>
      {onMove !== undefined && (
        <>
          <Button
            look="quiet"
            aria-label={`Move ${name} up`}
            isDisabled={place === 0}
            onPress={() => onMove(place - 1)}
          >
            ↑
          </Button>
          <Button
            look="quiet"
            aria-label={`Move ${name} down`}
            isDisabled={place === nFilters - 1}
            onPress={() => onMove(place + 1)}
          >
            ↓
          </Button>
        </>
      )}
      {onRemove !== undefined && (
        <Button look="quiet" aria-label={`Remove ${name}`} onPress={onRemove}>
          <Icon name="close" />
        </Button>
      )}
    </span>
  );
}

function StageHelp({ stage, isLast }: { readonly stage: StageDraft; readonly isLast: boolean }) {
  return (
    <div className={styles["help"]}>
      <p>{kGlossary[stage.kind].text}</p>
      <dl>
        {kParameters[stage.kind].map((parameter) => (
          <div key={parameter.name}>
            <dt>{parameter.label}</dt>
            <dd>
              {parameterHelp(stage.kind, parameter.name)} Empty: {parameter.otherwise}.
            </dd>
          </div>
        ))}
      </dl>
      {isLast && (
        <p>A chain ends with exactly one stage that chooses; that is why this one can’t be moved.</p>
      )}
      {!isLast && <p>Alt with ↑ or ↓ moves the stage.</p>}
    </div>
  );
}

/** What some stages have besides numbers. */
function Extras({ stage, model, error, followsRemoval, onChange }: StageCardProps) {
  switch (stage.kind) {
    case "dry":
      return (
        <label className={styles["breakers"]}>
          Breakers, one a line (\n: a line end); empty: \n : " *
          <textarea
            rows={2}
            spellCheck={false}
            value={stage.breakers}
            onChange={(event) => onChange({ breakers: event.target.value })}
          />
        </label>
      );
    case "logitBias":
      return <BiasEditor biases={stage.biases} model={model} onChange={(biases) => onChange({ biases })} />;
    case "grammar":
      return (
        <>
          {followsRemoval === true && stage.isOn && (
            <p className={styles["caution"]}>
              Stages before it may remove every token that the grammar allows; the run then fails. Move it up.
            </p>
          )}
          <GrammarEditor stage={stage} error={error} onChange={onChange} />
        </>
      );
    default:
      return null;
  }
}
