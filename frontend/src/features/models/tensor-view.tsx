import { useMemo, useState } from "react";
import { formatBytes, formatCount } from "../../base/format";
import type { TensorInfo } from "../../protocol/types";
import { Help } from "../../widgets/help";
import { SearchField } from "../../widgets/search-field";
import { VirtualTable } from "../../widgets/virtual-table";
import styles from "./model-details.module.css";

const kColumns = [
  { title: "tensor" },
  { title: "type", width: 90 },
  { title: "shape", width: 190 },
  { title: "size", width: 100 },
];

/** The arrays of weights; the search takes names, types and shapes. */
export function TensorView({ tensors }: { readonly tensors: readonly TensorInfo[] }) {
  const [filter, setFilter] = useState("");
  const found = useMemo(() => {
    const words = filter.toLowerCase().split(/\s+/);
    return tensors.filter((tensor) => {
      const text = `${tensor.name} ${tensor.type} ${shapeWords(tensor)}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [tensors, filter]);
  const bytes = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (tensors.length === 0) {
    return <p className={styles["pad"]}>This file holds no tensors: it is only a vocabulary.</p>;
  }
  return (
    <>
      <div className={styles["tools"]}>
        <SearchField label="Search tensors" value={filter} onChange={setFilter} />
        <span>{`${formatCount(found.length)} of ${formatCount(tensors.length)}, ${formatBytes(bytes)}`}</span>
        <Help term="tensors" />
      </div>
      <p className={styles["types"]}>{typesOf(tensors)}</p>
      <VirtualTable
        key={filter}
        label="Tensors"
        columns={kColumns}
        nRows={found.length}
        cells={(row) => {
          const tensor = found[row];
          if (tensor === undefined) return [];
          return [tensor.name, tensor.type, shapeWords(tensor), formatBytes(tensor.sizeBytes)];
        }}
      />
      {found.length === 0 && <p className={styles["none"]}>Nothing contains “{filter}”.</p>}
    </>
  );
}

function shapeWords({ shape }: TensorInfo): string {
  return shape.join(" × ");
}

/** How many tensors are stored as what: "F32 × 65, Q4_0 × 226". */
function typesOf(tensors: readonly TensorInfo[]): string {
  const counts = new Map<string, number>();
  for (const { type } of tensors) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => `${type} × ${formatCount(count)}`).join(", ");
}
