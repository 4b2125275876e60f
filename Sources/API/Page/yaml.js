// Reads the YAML that openapi.yaml is written in: block mappings and lists, flow ones, plain and quoted
// words, literal blocks, anchors and aliases. Nothing else of YAML.

export function parse(text) {
  const lines = text.split("\n").filter((line) => /^ *[^ #]/.test(line));
  const anchors = new Map();
  let at = 0;
  const depth = (line) => line.length - line.trimStart().length;

  function block(indent) {
    if (/^[{[]/.test(lines[at].trim())) return scalar(lines[at++].trim());
    const isList = lines[at].trimStart().startsWith("- ");
    const made = isList ? [] : {};
    while (at < lines.length && depth(lines[at]) === indent
      && lines[at].trimStart().startsWith("- ") === isList) {
      const line = lines[at].trim();
      if (isList) {
        const rest = line.slice(2);
        if (/^[\w$'/{}.-]+:( |$)/.test(rest) && !rest.startsWith("{")) {
          lines[at] = " ".repeat(indent + 2) + rest;
          made.push(block(indent + 2));
        } else {
          at++;
          made.push(value(rest, indent));
        }
      } else {
        const [, key, rest] = line.match(/^('[^']*'|"[^"]*"|[^:]+(?::[^ :]+)*):\s*(.*)$/);
        at++;
        made[scalar(key)] = value(rest, indent);
      }
    }
    return made;
  }

  function value(rest, indent) {
    const anchor = rest.match(/^&(\S+)\s*(.*)$/);
    if (anchor) {
      const made = value(anchor[2], indent);
      anchors.set(anchor[1], made);
      return made;
    }
    if (rest === "|" || rest === ">") {
      const words = [];
      while (at < lines.length && depth(lines[at]) > indent) words.push(lines[at++].trim());
      return words.join("\n");
    }
    if (rest !== "") return scalar(rest);
    const isDeeper = at < lines.length && (depth(lines[at]) > indent
      || depth(lines[at]) === indent && lines[at].trimStart().startsWith("- "));
    return isDeeper ? block(depth(lines[at])) : null;
  }

  /** A flow collection or a word, of which all is read. */
  function scalar(text) {
    let place = 0;
    const space = () => { while (text[place] === " ") place++; };
    function flow() {
      space();
      const first = text[place];
      if (first === "{" || first === "[") {
        place++;
        const made = first === "{" ? {} : [];
        for (space(); text[place] !== "}" && text[place] !== "]" && place < text.length; space()) {
          const one = flow();
          space();
          if (first === "{") {
            if (text[place] === ":") place++;
            made[one] = flow();
          } else made.push(one);
          space();
          if (text[place] === ",") place++;
        }
        place++;
        return made;
      }
      if (first === "'" || first === '"') {
        let word = "";
        for (place++; place < text.length; place++) {
          if (text[place] !== first) word += text[place];
          else if (first === "'" && text[place + 1] === "'") word += text[place++];
          else break;
        }
        place++;
        return word;
      }
      const isInside = place > 0;
      let end = place;
      while (end < text.length && !(isInside && (",]}".includes(text[end])
        || text[end] === ":" && (text[end + 1] === " " || end + 1 === text.length)))) end++;
      const word = text.slice(place, end).trim();
      place = end;
      return plain(word);
    }
    return flow();
  }

  function plain(word) {
    if (word.startsWith("*")) return anchors.get(word.slice(1));
    if (word === "true" || word === "false") return word === "true";
    return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(word) ? Number(word) : word;
  }

  return block(0);
}
