const kPaths = {
  run: "M4 2.5v11l9-5.5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  step: "M3 2.5v11l7-5.5zM11 3h2v10h-2z",
  stop: "M3.5 3.5h9v9h-9z",
  close: "M4 3l4 4 4-4 1 1-4 4 4 4-1 1-4-4-4 4-1-1 4-4-4-4z",
  reload: "M8 3a5 5 0 1 0 5 5h-1.6A3.4 3.4 0 1 1 8 4.6V7l4-3.2L8 .6z",
  down: "M7.2 2h1.6v8.2l3.1-3.1 1.1 1.1L8 13.2 3 8.2l1.1-1.1 3.1 3.1z",
  plus: "M7.2 3h1.6v4.2H13v1.6H8.8V13H7.2V8.8H3V7.2h4.2z",
} as const;

/** A sign beside a word or inside a labelled button; says nothing by itself. */
export function Icon({ name }: { readonly name: keyof typeof kPaths }) {
  return (
    <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true" focusable="false">
      <path d={kPaths[name]} fill="currentColor" />
    </svg>
  );
}
