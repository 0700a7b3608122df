/**
 * What is wrong with a command line that commander refuses, in words that say what would be right. Arguments are repeated
 * only where they look like flags: people do put secrets there.
 */

import { nearest } from '../config/nearest.ts';
import { COMMANDS, type CommandName, FLAGS, flagsOf } from './flags.ts';

/** A refusal as commander reports it, and what it had understood so far. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** The command, where one was named. */
  readonly command: CommandName | undefined;
  /** What stood there that is neither a command nor a flag. */
  readonly words: readonly string[];
}

export function wordingOf({ code, message, command, words }: Refusal): string {
  const [, argument = ''] = /'(-[^' ]*)/.exec(message) ?? [];
  switch (code) {
    case 'commander.excessArguments':
      return strayWord(command, words);
    case 'commander.unknownOption':
      return unknownFlag(argument, command ?? 'serve');
    case 'commander.optionMissingArgument':
      return `${argument}: needs a value`;
    default:
      return 'this is no command line of this program';
  }
}

function unknownFlag(argument: string, command: CommandName): string {
  const name = argument.replace(/=.*$/s, '');
  const known = flagsOf(command).map((flag) => `--${flag.name}`);
  if (known.some((flag) => flag === name)) return `${name}: takes no value; it is off where it is left out`;
  const elsewhere = FLAGS.find((flag) => `--${flag.name}` === name);
  if (elsewhere !== undefined) {
    const [owners, verb] = [listed(elsewhere.commands), elsewhere.commands.length === 1 ? 'has' : 'have'];
    return `${name}: ${command} has no such flag, ${owners} ${verb}`;
  }
  const meant = nearest(name, known);
  const repeated = /^--?[a-z.-]{1,40}$/.test(name) ? ` ${name}` : '';
  return `unknown flag${repeated}${meant === undefined ? '' : `: did you mean ${meant}?`}`;
}

function strayWord(command: CommandName | undefined, [word = '']: readonly string[]): string {
  const commands = listed(Object.keys(COMMANDS));
  if (command !== undefined) return `only flags may follow a command; the commands are ${commands}`;
  const meant = nearest(word, Object.keys(COMMANDS));
  return `unknown command: the commands are ${commands}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function listed(words: readonly string[]): string {
  return words.join(', ').replace(/, ([^,]+)$/, ' and $1');
}
