/** What a field for a number takes. An empty field is always fine: it means the default. */
export interface NumberRule {
  readonly isWhole: boolean;
  readonly least: number;
  readonly most: number;
}

export const kInt32Max = 2_147_483_647;
export const kUint32Max = 4_294_967_295;
/** The largest number that a sampler's parameter can be. */
export const kHuge = 1e6;

/** What was typed as a number, with a decimal comma or point; NaN: it is none. */
function numberOf(text: string): number {
  return Number(text.trim().replace(",", "."));
}

function fits(value: number, rule: NumberRule): boolean {
  return value >= rule.least && value <= rule.most && (!rule.isWhole || Number.isInteger(value));
}

/** The number in the field; undefined if it is empty or holds none that the rule takes. */
export function numberIn(text: string | undefined, rule: NumberRule): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const value = numberOf(text);
  return fits(value, rule) ? value : undefined;
}

/** What is wrong with the field, in words; undefined: nothing. */
export function problemIn(text: string | undefined, rule: NumberRule): string | undefined {
  if (text === undefined || text.trim() === "" || fits(numberOf(text), rule)) return undefined;
  return `${rule.isWhole ? "A whole number" : "A number"} ${rangeWords(rule)}.`;
}

function rangeWords({ least, most }: NumberRule): string {
  const isBounded = most < kHuge || most === kUint32Max;
  return isBounded ? `from ${least} to ${most}` : `from ${least} upwards`;
}
