// The view of crypto-js, called as tatum-kms 8 called it. Judges nothing.
//
// node verify.mjs encrypt: [{"password", "text"}] on stdin, the files on stdout
// node verify.mjs decrypt: [{"password", "file"}] on stdin, [{"text"} or {"error"}] on stdout

import CryptoJS from 'crypto-js';
import { readFileSync } from 'node:fs';

const questions = {
  encrypt: ({ password, text }) => CryptoJS.AES.encrypt(text, password).toString(),
  decrypt: ({ password, file }) => {
    try {
      return { text: CryptoJS.AES.decrypt(file, password).toString(CryptoJS.enc.Utf8) };
    } catch (error) {
      return { error: error.message };
    }
  },
};

const cases = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(cases.map(questions[process.argv[2]])));
