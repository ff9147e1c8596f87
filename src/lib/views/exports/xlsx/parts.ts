import { toXmlText } from './text.ts';

/*
 * The parts of a workbook beside its one worksheet (ECMA-376, part 1): what kinds of parts there
 * are, where each begins, and how cells look.
 */

/** Places in the list of formats (`cellXfs`) below; 0 is that of cells which say nothing. */
export const styles = { heading: 1, figureHeading: 2, instant: 3, money: 4 };

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const documents = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packages = 'http://schemas.openxmlformats.org/package/2006';
const spreadsheet = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const contentType = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

export const sheetPath = 'xl/worksheets/sheet1.xml';

/** The other parts by their path in the archive, the first of which readers look for first. */
export function listParts(sheet: string): Map<string, string> {
  return new Map(
    [
      ['[Content_Types].xml', contentTypes],
      ['_rels/.rels', relationships([['officeDocument', 'xl/workbook.xml']])],
      ['xl/workbook.xml', workbook(sheet)],
      [
        'xl/_rels/workbook.xml.rels',
        relationships([
          ['worksheet', 'worksheets/sheet1.xml'],
          ['styles', 'styles.xml'],
        ]),
      ],
      ['xl/styles.xml', styleSheet],
    ].map(([path = '', xml]) => [path, `${declaration}${xml}`]),
  );
}

const contentTypes =
  `<Types xmlns="${packages}/content-types">` +
  `<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
  '<Default Extension="xml" ContentType="application/xml"/>' +
  `<Override PartName="/xl/workbook.xml" ContentType="${contentType}.sheet.main+xml"/>` +
  `<Override PartName="/${sheetPath}" ContentType="${contentType}.worksheet+xml"/>` +
  `<Override PartName="/xl/styles.xml" ContentType="${contentType}.styles+xml"/></Types>`;

function relationships(targets: [type: string, target: string][]): string {
  const each = targets.map(
    ([type, target], index) =>
      `<Relationship Id="rId${index + 1}" Type="${documents}/${type}" Target="${target}"/>`,
  );
  return `<Relationships xmlns="${packages}/relationships">${each.join('')}</Relationships>`;
}

const workbook = (sheet: string) =>
  `<workbook xmlns="${spreadsheet}" xmlns:r="${documents}"><bookViews><workbookView/></bookViews>` +
  `<sheets><sheet name="${toXmlText(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>`;

const font = (bold: string) =>
  `<font>${bold}<sz val="11"/><color theme="1"/><name val="Calibri"/><family val="2"/></font>`;

const styleSheet =
  `<styleSheet xmlns="${spreadsheet}">` +
  '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm"/></numFmts>' +
  `<fonts count="2">${font('')}${font('<b/>')}</fonts>` +
  '<fills count="2"><fill><patternFill patternType="none"/></fill>' +
  '<fill><patternFill patternType="gray125"/></fill></fills>' +
  '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
  '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
  '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>' +
  '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>' +
  '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" ' +
  'applyAlignment="1"><alignment horizontal="right"/></xf>' +
  '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' +
  '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>' +
  '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>' +
  '</styleSheet>';
