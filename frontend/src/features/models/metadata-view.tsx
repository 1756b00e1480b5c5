import { useState } from "react";
import { formatCount } from "../../base/format";
import type { MetadataEntry } from "../../protocol/types";
import { Help } from "../../widgets/help";
import { SearchField } from "../../widgets/search-field";
import { VirtualTable } from "../../widgets/virtual-table";
import styles from "./model-details.module.css";

const kColumns = [{ title: "key", width: 340 }, { title: "type", width: 140 }, { title: "value" }];

/** The file's key-value pairs; what can't be seen in a value is written out. */
export function MetadataView({ entries }: { readonly entries: readonly MetadataEntry[] }) {
  const [filter, setFilter] = useState("");
  const needle = filter.toLowerCase();
  const found = entries.filter(({ key, value }) => `${key} ${value}`.toLowerCase().includes(needle));
  return (
    <>
      <div className={styles["tools"]}>
        <SearchField label="Search metadata" value={filter} onChange={setFilter} />
        <span>{`${formatCount(found.length)} of ${formatCount(entries.length)}`}</span>
        <Help term="metadata" />
      </div>
      <VirtualTable
        key={filter}
        label="Metadata"
        columns={kColumns}
        nRows={found.length}
        cells={(row) => {
          const entry = found[row];
          return entry === undefined ? [] : [entry.key, typeWords(entry), inOneLine(entry.value)];
        }}
      />
      {found.length === 0 && <p className={styles["none"]}>Nothing contains “{filter}”.</p>}
    </>
  );
}

function typeWords({ type, count }: MetadataEntry): string {
  return count === undefined ? type : `${type} × ${formatCount(count)}`;
}

function inOneLine(value: string): string {
  return value.replaceAll("\n", "↵").replaceAll("\t", "⇥");
}
