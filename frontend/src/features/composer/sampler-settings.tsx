import { Field } from "../../widgets/field";
import styles from "./composer.module.css";
import { isGreedy, problemWith, type SamplerDraft } from "./sampler-draft";

interface SamplerSettingsProps {
  readonly draft: SamplerDraft;
  readonly onChange: (draft: SamplerDraft) => void;
}

const kFields: readonly {
  readonly field: keyof SamplerDraft;
  readonly label: string;
  readonly placeholder: string;
  readonly isFilter: boolean;
}[] = [
  { field: "temperature", label: "Temperature", placeholder: "off", isFilter: false },
  { field: "topK", label: "Top-k", placeholder: "off", isFilter: true },
  { field: "topP", label: "Top-p", placeholder: "off", isFilter: true },
  { field: "minP", label: "Min-p", placeholder: "off", isFilter: true },
  { field: "seed", label: "Seed", placeholder: "random", isFilter: false },
  { field: "maxTokens", label: "Max tokens", placeholder: "no limit", isFilter: false },
];

export function SamplerSettings({ draft, onChange }: SamplerSettingsProps) {
  const greedy = isGreedy(draft);
  return (
    <div className={styles["settings"]}>
      {kFields.map(({ field, label, placeholder, isFilter }) => (
        <Field
          key={field}
          label={label}
          value={draft[field]}
          placeholder={placeholder}
          problem={problemWith(draft, field)}
          isNumber
          isDisabled={greedy && isFilter}
          onChange={(value) => onChange({ ...draft, [field]: value })}
        />
      ))}
      {greedy && (
        <p className={styles["greedy"]}>
          At temperature 0 the most probable token is taken; the filters are not used.
        </p>
      )}
    </div>
  );
}
