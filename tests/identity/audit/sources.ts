/*
 * What the source offers people to change things by: forms, requests of the API and commands. They
 * are read from the syntax tree, so that a new one is found without being registered.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

/** The function that a call names: `byButton` of `byButton<Access, string>({…})`. */
const nameOfCall = ({ expression }: ts.CallExpression): string =>
  ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();

/** "members.ts invite" for each button, and "members.ts submitMembers" for each form handler. */
export function listForms(): string[] {
  return globSync('src/actions/*.ts').flatMap((file) => {
    const found = new Set<string>();
    visit(parse(file), (node) => {
      if (ts.isCallExpression(node) && nameOfCall(node) === 'byButton')
        for (const name of keysOf(node.arguments[0])) found.add(name);
      for (const name of comparedButtons(node)) found.add(name);
      const handler = nameOfHandler(node);
      if (handler !== undefined) found.add(handler);
    });
    return [...found].map((name) => `${path.basename(file)} ${name}`);
  });
}

function keysOf(node: ts.Node | undefined): string[] {
  if (node === undefined || !ts.isObjectLiteralExpression(node)) return [];
  return node.properties.flatMap(({ name }) =>
    name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? [name.text] : [],
  );
}

/** The buttons in comparisons such as `intent === 'cancel'`. */
function comparedButtons(node: ts.Node): string[] {
  if (!ts.isBinaryExpression(node) || !ts.isStringLiteral(node.right)) return [];
  return /^(intent|operation)$/.test(node.left.getText()) ? [node.right.text] : [];
}

function nameOfHandler(node: ts.Node): string | undefined {
  if (!ts.isFunctionDeclaration(node) && !ts.isVariableStatement(node)) return undefined;
  const isExported = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  const name = ts.isFunctionDeclaration(node)
    ? node.name?.text
    : node.declarationList.declarations[0]?.name.getText();
  return isExported === true && /^submit|ByForm$/.test(name ?? '') ? name : undefined;
}

/** "POST api/sync/index.ts" for each method of a route that may write. */
export function listWritingRoutes(): string[] {
  return globSync('src/pages/**/*.ts').flatMap((file) => {
    const source = readFileSync(file, 'utf8');
    const methods = [
      ...source.matchAll(/^export (?:const|async function|function) ([A-Z]+)\b(.*)/gm),
    ];
    return methods
      .filter(
        ([, name = '', rest = '']) => !/^(GET|HEAD)$/.test(name) && !/= rejectOther/.test(rest),
      )
      .map(([, name]) => `${name} ${path.relative('src/pages', file)}`);
  });
}

/** "keys.ts rotate" for each command of the command line, with the commands that hold others. */
export function listCommands(): string[] {
  return globSync('cli/commands/*.ts').flatMap((file) => {
    const found = new Set<string>();
    visit(parse(file), (node) => {
      if (!ts.isCallExpression(node) || !/^(command|add\w*)$/.test(nameOfCall(node))) return;
      const name = node.arguments.slice(0, 2).find((argument) => ts.isStringLiteral(argument));
      if (name !== undefined) found.add(name.text.split(' ', 1)[0] ?? '');
    });
    return [...found].map((name) => `${path.basename(file)} ${name}`);
  });
}

/** The actions that code outside the log's own files names. */
export function listRecordedActions(): Set<string> {
  const files = globSync(['src/lib/**/*.ts', 'cli/**/*.ts', 'worker/**/*.ts']).filter(
    (file) => !/identity\/audit\/(actions|groups)\.ts$/.test(file),
  );
  return new Set(
    files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/(?<!event: )'([a-z_]+\.[a-z_]+)'/g)].map(
        ([, name = '']) => name,
      ),
    ),
  );
}
