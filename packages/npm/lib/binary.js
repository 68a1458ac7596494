// The path of the binary for this platform, which is in a package of its own.
'use strict';

/** @returns {string} */
function binaryPath() {
  const { optionalDependencies } = require('../package.json');
  const name = `@cognito-mcp/${process.platform}-${process.arch}`;
  const file = process.platform === 'win32' ? 'cognito-mcp.exe' : 'cognito-mcp';
  if (!(name in optionalDependencies)) {
    const known = Object.keys(optionalDependencies).map((one) => one.split('/')[1]);
    throw new Error(`There is no binary for ${process.platform}-${process.arch}, only for ${known.join(', ')}. ` +
      'Build it from source: cargo install cognito-mcp.');
  }
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    throw new Error(`The package ${name} is not installed. Install again without --omit=optional or ` +
      '--no-optional, on the platform that runs the program.');
  }
}

module.exports = { binaryPath };
