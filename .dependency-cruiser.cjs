/**
 * The direction of dependencies, enforced: leaf modules → seams → implementations → pipeline and delivery → commands → cli.
 *
 * TypeScript 7 has no programming interface yet, so the sources are parsed with swc, which sees type-only imports too:
 * a type that points the wrong way is a dependency that points the wrong way. (That is also why dependency-cruiser
 * notes a missing TypeScript transpiler at the end of its report; test/repository/layers.test.ts shows that violations are
 * found all the same.)
 */

/** Modules that know nothing of the rest. */
const LEAF = '^src/(?!cli[.]ts|index[.]ts)[^/]+[.]ts$';

/** Contracts between the parts: types, and the few constants and pure functions that belong to them. */
const SEAMS =
  '^src/(sources/source|mapping/mapping|ledger/ledger|destinations/destination|config/schema|config/(secret|source|mapping|destination|delivery|ledger|evidence|receiver)-schema|config/fields|pipeline/summary|pipeline/verify-summary|receiver/archived-delivery|evidence/evidence)[.]ts$|^src/messages/';

/** Folders that implement a seam or stand alone; none of them may know another. */
const IMPLEMENTATIONS = [
  'config',
  'sources',
  'mapping',
  'ledger',
  'destinations',
  'simulator',
  'reporting',
  'receiver',
  'evidence',
];

function implementationRule(folder) {
  return {
    name: `${folder}-stands-alone`,
    comment: `src/${folder}/ knows leaf modules, seams and itself. What it needs of another part is handed to it by a command.`,
    severity: 'error',
    from: { path: `^src/${folder}/`, pathNot: SEAMS },
    to: { path: '^src/', pathNot: [LEAF, SEAMS, `^src/${folder}/`] },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two modules that need each other are one module, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A module that nobody imports and that imports nobody is left over.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/(cli|index)[.]ts$' },
      to: {},
    },
    {
      name: 'leaf-modules-know-nothing',
      comment: 'errors, clock, durations and their like can be used by everybody because they use nobody.',
      severity: 'error',
      from: { path: LEAF },
      to: { path: '^src/', pathNot: LEAF },
    },
    {
      name: 'seams-know-seams',
      comment: 'A contract that imports one of its implementations is no contract.',
      severity: 'error',
      from: { path: SEAMS },
      to: { path: '^src/', pathNot: [LEAF, SEAMS] },
    },
    ...IMPLEMENTATIONS.map(implementationRule),
    {
      name: 'simulator-judges-by-itself',
      comment:
        'The simulator has its own description of the wire contract: a mistake shared with the mapping or the destination would be no longer seen.',
      severity: 'error',
      from: { path: '^src/simulator/' },
      to: { path: '^src/(messages|mapping|ledger|destinations|sources)/' },
    },
    {
      name: 'delivery-knows-seams',
      comment: 'Delivery works for any ledger and any destination.',
      severity: 'error',
      from: { path: '^src/delivery/' },
      to: { path: '^src/', pathNot: [LEAF, SEAMS, '^src/delivery/'] },
    },
    {
      name: 'pipeline-knows-seams',
      comment: 'The pipeline strings seams and delivery together; commands choose the implementations.',
      severity: 'error',
      from: { path: '^src/pipeline/' },
      to: { path: '^src/', pathNot: [LEAF, SEAMS, '^src/(pipeline|delivery)/'] },
    },
    {
      name: 'nobody-imports-the-top',
      comment: 'src/index.ts is for programs that embed the product, src/cli.ts for the shell.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/(index|cli)[.]ts$' },
    },
    {
      name: 'only-the-cli-knows-commands',
      comment: 'Commands compose everything else; what two of them share stands below them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(commands/|cli[.]ts$)' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'no-development-dependencies',
      comment: 'An installed package has only `dependencies`.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'] },
    },
    {
      name: 'nothing-outside-src',
      comment: 'The built program is src/ alone.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|examples|benchmarks|fixtures)/' },
    },
    {
      name: 'everything-resolves',
      comment: 'An import of a file or package that does not exist, or that package.json does not list.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        couldNotResolve: true,
      },
    },
    {
      name: 'no-unlisted-packages',
      comment: 'A package that works only because another one brought it along.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
