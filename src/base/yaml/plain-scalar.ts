import { defineScalarTag, NOT_RESOLVED, type ScalarTagDefinition, strTag } from "js-yaml";

const yes = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const no = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const nothing = /^(?:~|null|Null|NULL)?$/;
const integer = /^([-+]?)(?:0[bB]([01]+)|0[oO]?([0-7]+)|0[xX]([0-9a-fA-F]+)|([0-9]+))$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const notFinite = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** The number that a plain scalar is to kubectl, undefined if it is a text. */
function numberOf(source: string): number | undefined {
  if (notFinite.test(source)) return Number.NaN;
  if (!/^[-+.0-9]/.test(source)) return undefined;
  const plain = source.replaceAll("_", "");
  const [, sign, binary, octal, hex, decimal] = integer.exec(plain) ?? [];
  for (const [digits, radix] of [[binary, 2] as const, [octal, 8] as const, [hex, 16] as const]) {
    // `-0` has no minus: there is no such integer.
    if (digits !== undefined) return Number.parseInt(digits, radix) * (sign === "-" ? -1 : 1) || 0;
  }
  if (decimal === undefined && !float.test(plain)) return undefined;
  const value = Number(plain);
  // Too large for a float: Go gives up on the number and keeps the text.
  return Number.isFinite(value) ? value || 0 : undefined;
}

// Never written, only read.
const identify = (): boolean => false;

const fits = (value: unknown): unknown => (value === undefined ? NOT_RESOLVED : value);

function booleanOf(source: string): boolean | undefined {
  return yes.test(source) || (no.test(source) ? false : undefined);
}

/**
 * What plain scalars of YAML mean to kubectl: YAML 1.1 for booleans and octals, but no sexagesimals.
 *
 * `yes`, `on` and `y` are true, `0644` is 420; `22:22` and `2001-01-01` stay
 * texts. A manifest must not mean one thing to kubectl and another here.
 */
export const kubectlScalars: readonly ScalarTagDefinition[] = [
  defineScalarTag("tag:yaml.org,2002:null", {
    implicit: true,
    identify,
    resolve: (source) => (nothing.test(source) ? null : NOT_RESOLVED),
  }),
  defineScalarTag("tag:yaml.org,2002:bool", {
    implicit: true,
    identify,
    resolve: (source) => fits(booleanOf(source)),
  }),
  defineScalarTag("tag:yaml.org,2002:int", {
    implicit: true,
    identify,
    resolve: (source) => fits(numberOf(source)),
  }),
  defineScalarTag("tag:yaml.org,2002:float", { identify, resolve: (source) => fits(numberOf(source)) }),
  strTag,
];
