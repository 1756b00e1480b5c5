import { useState } from "react";
import { useStore } from "zustand";
import type { SamplerStage } from "../../../protocol/types";
import { useRunRecord, useSelectedModel, useStudio } from "../../../state/hooks";
import { useRoute } from "../../../state/route";
import { Button } from "../../../widgets/button";
import { Dialog } from "../../../widgets/dialog";
import { Field } from "../../../widgets/field";
import { Notice } from "../../../widgets/notice";
import { Toggle } from "../../../widgets/toggle";
import {
  type BreakpointDraft,
  breakpointOf,
  type ConditionDraft,
  conditionsOf,
  draftOf,
  ignoreProblem,
  isComplete,
  newCondition,
} from "./breakpoint-draft";
import styles from "./breakpoint-form.module.css";
import { kPresets } from "./condition-catalog";
import { ConditionFields } from "./condition-fields";

interface BreakpointFormProps {
  /** Undefined: a new one. */
  readonly id: number | undefined;
  readonly onClose: () => void;
}

/** Makes or changes a breakpoint: conditions that must all hold, and how it counts. */
export function BreakpointForm({ id, onClose }: BreakpointFormProps) {
  const { debugSettings } = useStudio();
  const all = useStore(debugSettings.store, ({ breakpoints }) => breakpoints);
  const base = all.find((one) => one.id === id);
  const [draft, setDraft] = useState(() => draftOf(base));
  const [isAsked, setIsAsked] = useState(false);
  const isGone = id !== undefined && base === undefined;
  const change = (changes: Partial<BreakpointDraft>) => setDraft((old) => ({ ...old, ...changes }));
  const save = () => {
    setIsAsked(true);
    if (!isComplete(draft)) return;
    debugSettings.keepBreakpoint(breakpointOf(draft, base));
    onClose();
  };
  return (
    <Dialog title={id === undefined ? "New breakpoint" : `Breakpoint ${id}`} onClose={onClose}>
      {isGone ? (
        <Notice tone="warn" title="This breakpoint is not there any more." />
      ) : (
        <div className={styles["form"]}>
          {id === undefined && <Presets onTake={(conditions) => change({ conditions })} />}
          <Conditions draft={draft} onChange={change} showsProblems={isAsked} />
          <div className={styles["counts"]}>
            <Field
              label="Hits to pass over first"
              value={draft.ignore}
              isNumber
              help="ignoreCount"
              problem={ignoreProblem(draft)}
              onChange={(ignore) => change({ ignore })}
            />
            <Toggle isOn={draft.once} onChange={(once) => change({ once })}>
              stop once only
            </Toggle>
          </div>
          <div className={styles["actions"]}>
            <Button look="primary" onPress={save}>
              {id === undefined ? "Add the breakpoint" : "Save"}
            </Button>
            <Button onPress={onClose}>Cancel</Button>
            {id !== undefined && (
              <Button
                look="quiet"
                onPress={() => {
                  debugSettings.removeBreakpoint(id);
                  onClose();
                }}
              >
                Delete it
              </Button>
            )}
          </div>
        </div>
      )}
    </Dialog>
  );
}

function Presets({ onTake }: { readonly onTake: (conditions: readonly ConditionDraft[]) => void }) {
  return (
    <fieldset className={styles["presets"]}>
      <legend>What people look for</legend>
      {kPresets.map(({ name, conditions }) => (
        <Button key={name} onPress={() => onTake(conditionsOf(conditions))}>
          {name}
        </Button>
      ))}
    </fieldset>
  );
}

interface ConditionsProps {
  readonly draft: BreakpointDraft;
  readonly onChange: (changes: Partial<BreakpointDraft>) => void;
  readonly showsProblems: boolean;
}

function Conditions({ draft, onChange, showsProblems }: ConditionsProps) {
  const { conditions, labels } = draft;
  const record = useRunRecord(useRoute().run);
  const model = useSelectedModel();
  const sampler: readonly SamplerStage[] | undefined = record?.started?.sampler;
  const put = (changed: ConditionDraft) =>
    onChange({ conditions: conditions.map((one) => (one.key === changed.key ? changed : one)) });
  const add = () => {
    const key = Math.max(0, ...conditions.map((one) => one.key)) + 1;
    onChange({ conditions: [...conditions, newCondition("rawProbBelow", key)] });
  };
  return (
    <>
      <ol className={styles["conditions"]} aria-label="Conditions that must all hold">
        {conditions.map((condition, index) => (
          <li key={condition.key} className={styles["condition"]}>
            <span className={styles["joint"]}>{index === 0 ? "Stop when" : "and"}</span>
            <ConditionFields
              condition={condition}
              labels={labels}
              sampler={sampler}
              model={model?.state === "ready" ? model.model : undefined}
              showsProblems={showsProblems}
              onChange={put}
              onLabel={(id, label) => onChange({ labels: { ...labels, [id]: label } })}
            />
            {conditions.length > 1 && (
              <Button
                look="quiet"
                aria-label={`Remove condition ${index + 1}`}
                onPress={() => onChange({ conditions: conditions.filter((one) => one !== condition) })}
              >
                Remove
              </Button>
            )}
          </li>
        ))}
      </ol>
      <div>
        <Button look="quiet" onPress={add}>
          And another condition
        </Button>
      </div>
    </>
  );
}
