import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { positionText } from '../../src/reporting/position-text.ts';
import { terminalLine, terminalText } from '../../src/reporting/terminal-text.ts';

test('escape sequences, bells, carriage returns and direction overrides are shown, not obeyed', () => {
  assert.equal(terminalText('a\x1b[31mred\x1b[0m'), 'a\\x1b[31mred\\x1b[0m');
  assert.equal(terminalText('\x07\r\x7f\u009b2J'), '\\x07\\r\\x7f\\x9b2J');
  assert.equal(terminalText('invoice\u202efdp.exe\u2066'), 'invoice\\u202efdp.exe\\u2066');
  assert.equal(terminalText('\ud83d'), '\\ud83d');
});

test('line ends and tabs stay in texts and are shown in lines', () => {
  assert.equal(terminalText('a\n\tb'), 'a\n\tb');
  assert.equal(terminalLine('a\n\tb\u2028c'), 'a\\n\\tb\\u2028c');
});

test('words in any script, and emoji, stay as they are', () => {
  for (const text of ['Grüße', '日本語', 'עברית', '👩‍👩‍👧', 'e\u0301'])
    assert.equal(terminalLine(text), text);
});

test('no line holds a control character, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(terminalLine(text), /\p{Cc}/u);
    }),
  );
});

test('a position reads as editors take it', () => {
  assert.equal(positionText({ file: 'a\n.csv', line: 17 }), 'a\\n.csv:17');
  assert.equal(positionText({ file: '-', line: null }), '-');
});
