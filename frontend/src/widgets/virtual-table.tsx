import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import styles from "./virtual-table.module.css";

interface Column {
  readonly title: string;
  /** In pixels; undefined: what is left. */
  readonly width?: number;
}

interface VirtualTableProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly nRows: number;
  readonly cells: (row: number) => readonly ReactNode[];
}

const kRowPx = 27;
const kSpareRows = 12;

/** A table of rows of one height, of which only those in sight are in the document. */
export function VirtualTable({ label, columns, nRows, cells }: VirtualTableProps) {
  const ref = useRef<HTMLElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(view.top / kRowPx) - kSpareRows);
  const end = Math.min(nRows, Math.ceil((view.top + view.height) / kRowPx) + kSpareRows);
  const rows = Array.from({ length: Math.max(0, end - first) }, (_, offset) => first + offset);
  return (
    <section
      ref={ref}
      className={styles["scroll"]}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      onScroll={({ currentTarget }) =>
        setView({ top: currentTarget.scrollTop, height: currentTarget.clientHeight })
      }
    >
      <table className={styles["table"]} aria-label={label} aria-rowcount={nRows + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ title, width }) => (
              <th key={title} scope="col" style={{ width }}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer nRows={first} />
          {rows.map((row) => (
            <tr key={row} aria-rowindex={row + 2}>
              {cells(row).map((cell, column) => (
                <td key={columns[column]?.title} title={typeof cell === "string" ? cell : undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
          <Spacer nRows={nRows - end} />
        </tbody>
      </table>
    </section>
  );
}

/** The room of rows that are out of sight. */
function Spacer({ nRows }: { readonly nRows: number }) {
  if (nRows <= 0) return null;
  return <tr data-spacer style={{ height: nRows * kRowPx }} />;
}
