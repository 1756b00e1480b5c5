const kPaths = {
  run: "M4 2.5v11l9-5.5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  step: "M3 2.5v11l7-5.5zM11 3h2v10h-2z",
  stop: "M3.5 3.5h9v9h-9z",
  close: "M4 3l4 4 4-4 1 1-4 4 4 4-1 1-4-4-4 4-1-1 4-4-4-4z",
  reload: "M8 3a5 5 0 1 0 5 5h-1.6A3.4 3.4 0 1 1 8 4.6V7l4-3.2L8 .6z",
  down: "M7.2 2h1.6v8.2l3.1-3.1 1.1 1.1L8 13.2 3 8.2l1.1-1.1 3.1 3.1z",
  plus: "M7.2 3h1.6v4.2H13v1.6H8.8V13H7.2V8.8H3V7.2h4.2z",
  left: "M1.5 3h13v10h-13zM3 4.5v7h3v-7zM7.5 4.5v7H13v-7z",
  top: "M1.5 3h13v10h-13zM3 4.5V7h10V4.5zM3 8.5V11.5h10V8.5z",
  right: "M1.5 3h13v10h-13zM3 4.5v7h5.5v-7zM10 4.5v7h3v-7z",
  bottom: "M1.5 3h13v10h-13zM3 4.5v4h10v-4zM3 10v1.5h10V10z",
  settings:
    "M6.9 1h2.2l.4 1.9 1.3.7 1.8-.7 1.1 1.9-1.4 1.3v1.5l1.4 1.3-1.1 1.9-1.8-.6-1.3.7-.4 1.9H6.9l-.4-1.9-1.3-.7-1.8.6-1.1-1.9 1.4-1.3V6.1L2.3 4.8l1.1-1.9 1.8.7 1.3-.7zM8 5a1.9 1.9 0 1 0 0 3.8A1.9 1.9 0 0 0 8 5z",
  sizes:
    "M1.5 7.2h3.2L3.2 5.7l1-1L7.5 8l-3.3 3.3-1-1 1.5-1.5H1.5zm13 0h-3.2l1.5-1.5-1-1L8.5 8l3.3 3.3 1-1-1.5-1.5h3.2z",
  more: "M3 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zm5 0a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zm5 0a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z",
  search: "M7 2a5 5 0 1 0 3 9l3 3 1.1-1.1-3-3A5 5 0 0 0 7 2zm0 1.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z",
} as const;

/** A sign beside a word or inside a labelled button; says nothing by itself. */
export function Icon({ name }: { readonly name: keyof typeof kPaths }) {
  return (
    <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true" focusable="false">
      <path d={kPaths[name]} fill="currentColor" fillRule="evenodd" />
    </svg>
  );
}
