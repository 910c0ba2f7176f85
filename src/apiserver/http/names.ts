/** Why a name is refused, worded as kube-apiserver does; empty when it is fine. */
export type NameRule = (name: string) => string[];

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualifiedPart = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValue = `(${qualifiedPart})?`;

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

const isLabel = whole(label);
const isSubdomain = whole(subdomain);
const isLabel1035 = whole(label1035);
const isQualifiedPart = whole(qualifiedPart);
const isLabelValue = whole(labelValue);

function regexError(message: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

function tooLong(name: string, limit: number): string[] {
  return new TextEncoder().encode(name).byteLength > limit ? [`must be no more than ${limit} bytes`] : [];
}

/** The rule of most kinds: a DNS subdomain of at most 253 bytes. */
export const dnsSubdomain: NameRule = (name) => {
  const problems = tooLong(name, 253);
  if (!isSubdomain.test(name)) {
    problems.push(
      regexError(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        subdomain,
        "example.com",
      ),
    );
  }
  return problems;
};

/** The rule of namespaces: a DNS label of at most 63 bytes, without dots. */
export const dnsLabel: NameRule = (name) => {
  const problems = tooLong(name, 63);
  if (!isLabel.test(name)) {
    problems.push(
      isSubdomain.test(name)
        ? "must not contain dots"
        : regexError(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            label,
            "my-name",
            "123-abc",
          ),
    );
  }
  return problems;
};

/** The rule of services: a DNS label that begins with a letter. */
export const dns1035Label: NameRule = (name) => {
  const problems = tooLong(name, 63);
  if (!isLabel1035.test(name)) {
    problems.push(
      regexError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        label1035,
        "my-name",
        "abc-123",
      ),
    );
  }
  return problems;
};

/** The rule of RBAC objects: anything that is one segment of a path. */
export const pathSegmentName: NameRule = (name) => {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  return ["/", "%"].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
};

/** The rule of label keys, annotation keys and finalizers: `prefix/name`. */
export const qualifiedName: NameRule = (value) => {
  const example = regexError(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    qualifiedPart,
    "MyName",
    "my.name",
    "123-abc",
  );
  const parts = value.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key ${example} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? "";
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const problems: string[] = [];
  if (prefix === "") problems.push("prefix part must be non-empty");
  else if (prefix !== undefined)
    problems.push(...dnsSubdomain(prefix).map((problem) => `prefix part ${problem}`));
  if (name === "") problems.push("name part must be non-empty");
  else problems.push(...tooLong(name, 63).map((problem) => `name part ${problem}`));
  if (!isQualifiedPart.test(name)) problems.push(`name part ${example}`);
  return problems;
};

/** The rule of label values: empty, or at most 63 bytes of a narrow alphabet. */
export const labelValueRule: NameRule = (value) => {
  const problems = tooLong(value, 63);
  if (!isLabelValue.test(value)) {
    problems.push(
      regexError(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        labelValue,
        "MyValue",
        "my_value",
        "12345",
      ),
    );
  }
  return problems;
};
